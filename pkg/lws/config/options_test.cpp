// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/options.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "pkg/lws/config/build_info.hpp"

namespace lws::config {
namespace {

using namespace std::chrono_literals;

const std::string kHead = "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: Configuration\n";

std::variant<Options, ExitRequest> read(
    std::vector<std::string> arguments, const std::map<std::string, std::string>& files = {}
) {
    const FileReader reader = [&](const std::string& path) -> Result<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) {
            return Error(ErrorCode::not_found, path + ": No such file or directory");
        }
        return found->second;
    };
    return read_options({"lws-webhook", "Admission webhook"}, std::move(arguments), reader);
}

Options accepted(
    std::vector<std::string> arguments, const std::map<std::string, std::string>& files = {}
) {
    auto result = read(std::move(arguments), files);
    if (const auto* const exit = std::get_if<ExitRequest>(&result)) {
        FAIL(exit->text);
    }
    return std::get<Options>(std::move(result));
}

ExitRequest refused(
    std::vector<std::string> arguments, const std::map<std::string, std::string>& files = {}
) {
    auto result = read(std::move(arguments), files);
    REQUIRE(std::holds_alternative<ExitRequest>(result));
    auto exit = std::get<ExitRequest>(std::move(result));
    CHECK(exit.text.find('\n') == std::string::npos);
    return exit;
}

TEST_CASE("without flags the defaults hold", "[config][flags]") {
    const Options options = accepted({});
    CHECK(options.configuration.webhook.port == 9443);
    CHECK(options.kubeconfig.empty());
    CHECK(options.log.level == LogLevel::info);
    CHECK(options.log.encoder == LogEncoder::json);
}

TEST_CASE("every flag of upstream is accepted and has its effect", "[config][flags]") {
    const Options options = accepted({
        "--metrics-bind-address=127.0.0.1:1",
        "--health-probe-bind-address=:2",
        "--kube-api-qps=3.5",
        "--kube-api-burst=4",
        "--leader-elect=false",
        "--leader-elect-lease-duration=1m",
        "--leader-elect-renew-deadline=30s",
        "--leader-elect-retry-period=1s",
        "--leader-elect-resource-lock=leases",
        "--leader-elect-resource-name=name",
        "--kubeconfig=/kube",
        "--zap-devel=true",
        "--zap-encoder=json",
        "--zap-log-level=error",
        "--zap-stacktrace-level=panic",
        "--zap-time-encoding=rfc3339",
    });
    const Configuration& c = options.configuration;
    CHECK(c.metrics_bind_address == BindAddress{"127.0.0.1", 1});
    CHECK(c.health.bind_address == BindAddress{"", 2});
    CHECK(c.client_connection.qps == 3.5);
    CHECK(c.client_connection.burst == 4);
    CHECK_FALSE(c.leader_election.leader_elect);
    CHECK(c.leader_election.lease_duration == 60s);
    CHECK(c.leader_election.renew_deadline == 30s);
    CHECK(c.leader_election.retry_period == 1s);
    CHECK(c.leader_election.resource_name == "name");
    CHECK(options.kubeconfig == "/kube");
    CHECK(options.log.encoder == LogEncoder::json);
    CHECK(options.log.level == LogLevel::error);
}

TEST_CASE("one dash does for two, as in Go", "[config][flags]") {
    const Options options = accepted({"-kubeconfig", "/kube", "-leader-elect"});
    CHECK(options.kubeconfig == "/kube");
    CHECK(options.configuration.leader_election.leader_elect);
}

TEST_CASE("the arguments that upstream ships with are accepted", "[config][flags]") {
    const Options options = accepted(
        {"--config=/controller_manager_config.yaml", "--zap-log-level=2"},
        {{"/controller_manager_config.yaml", kHead + "webhook: {port: 9444}"}}
    );
    CHECK(options.configuration.webhook.port == 9444);
    CHECK(options.log.level == LogLevel::info);
}

TEST_CASE("a flag that was given beats the file, one that was not does not", "[config][flags]") {
    const std::map<std::string, std::string> files{
        {"f",
         kHead + "health: {healthProbeBindAddress: :1}\nclientConnection: {qps: 7, burst: 8}\n"
                 "leaderElection: {leaderElect: false}"}
    };
    const Options options = accepted({"--config=f", "--kube-api-qps=500"}, files);
    CHECK(options.configuration.client_connection.qps == 500);
    CHECK(options.configuration.client_connection.burst == 8);
    CHECK(options.configuration.health.bind_address == BindAddress{"", 1});
    CHECK_FALSE(options.configuration.leader_election.leader_elect);
    CHECK(
        accepted({"--config=f", "--leader-elect"}, files).configuration.leader_election.leader_elect
    );
}

TEST_CASE("our own settings come from --extra-config", "[config][flags]") {
    const Options options = accepted(
        {"--extra-config=e"},
        {{"e",
          "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: ExtraConfiguration\n"
          "webhook: {maxConnections: 5}"}}
    );
    CHECK(options.extra.webhook.max_connections == 5);
}

struct Level {
    std::string text;
    LogLevel level;
};

TEST_CASE("log levels of zap map to ours", "[config][flags]") {
    const auto c = GENERATE(values<Level>({
        {"debug", LogLevel::debug},
        {"info", LogLevel::info},
        {"error", LogLevel::error},
        {"panic", LogLevel::error},
        {"1", LogLevel::info},
        {"3", LogLevel::info},
        {"4", LogLevel::debug},
    }));
    DYNAMIC_SECTION(c.text) {
        CHECK(accepted({"--zap-log-level=" + c.text}).log.level == c.level);
    }
    CHECK(accepted({"--zap-devel"}).log.level == LogLevel::debug);
    CHECK(accepted({"--zap-devel"}).log.encoder == LogEncoder::console);
}

TEST_CASE(
    "an unknown flag or a bad value ends the program with 2 and one line", "[config][flags]"
) {
    const auto argument = GENERATE(values<std::string>(
        {"--no-such-flag",
         "-nosuchflag=1",
         "stray",
         "--config",
         "--config=/missing",
         "--metrics-bind-address=x",
         "--health-probe-bind-address=:x",
         "--kube-api-qps=fast",
         "--kube-api-qps=nan",
         "--kube-api-burst=-1",
         "--leader-elect=maybe",
         "--leader-elect-lease-duration=15",
         "--leader-elect-lease-duration=1s",
         "--leader-elect-resource-lock=endpoints",
         "--leader-elect-resource-name=",
         "--zap-encoder=xml",
         "--zap-log-level=loud",
         "--zap-log-level=0",
         "--zap-stacktrace-level=debug",
         "--zap-time-encoding=sundial"}
    ));
    DYNAMIC_SECTION(argument) {
        const ExitRequest exit = refused({argument});
        CHECK(exit.code == 2);
        CHECK(exit.text.substr(0, 13) == "lws-webhook: ");
    }
}

TEST_CASE("a bad configuration file is named with its place", "[config][flags]") {
    const ExitRequest exit = refused({"--config=f"}, {{"f", kHead + "webhook: {prot: 1}"}});
    CHECK(exit.code == 2);
    CHECK(exit.text == "lws-webhook: f: line 3, column 11: webhook.prot: unknown field");
    CHECK(
        refused({"--config=/missing"}).text == "lws-webhook: /missing: No such file or directory"
    );
}

TEST_CASE("--version prints name, version and commit whatever else is given", "[config][flags]") {
    const ExitRequest exit = refused({"--version", "--config=/missing"});
    CHECK(exit.code == 0);
    CHECK(exit.text == version_line("lws-webhook"));
    CHECK(exit.text.substr(0, 12) == "lws-webhook ");
    CHECK(exit.text.find(build_info().commit) != std::string::npos);
}

TEST_CASE("--help ends with 0", "[config][flags]") {
    const auto result = read({"--help"});
    REQUIRE(std::holds_alternative<ExitRequest>(result));
    CHECK(std::get<ExitRequest>(result).code == 0);
    CHECK(std::get<ExitRequest>(result).text.find("--config") != std::string::npos);
}

TEST_CASE("the user agent has upstream's form", "[config]") {
    CHECK(
        user_agent() == "lws/" + std::string(build_info().version) + " (" +
                            std::string(build_info().platform) + ") " +
                            std::string(build_info().commit)
    );
}

TEST_CASE("our namespace is the service account's, else lws-system", "[config]") {
    const FileReader mounted = [](const std::string& path) -> Result<std::string> {
        CHECK(path == "/var/run/secrets/kubernetes.io/serviceaccount/namespace");
        return std::string(" tenant-a\n");
    };
    const FileReader blank = [](const std::string&) -> Result<std::string> {
        return std::string("\n");
    };
    const FileReader none = [](const std::string&) -> Result<std::string> {
        return Error(ErrorCode::not_found, "");
    };
    CHECK(operator_namespace(mounted) == "tenant-a");
    CHECK(operator_namespace(blank) == "lws-system");
    CHECK(operator_namespace(none) == "lws-system");
}

}  // namespace
}  // namespace lws::config
