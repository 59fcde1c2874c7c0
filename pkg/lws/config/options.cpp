// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "pkg/lws/config/build_info.hpp"
#include "pkg/lws/config/duration.hpp"

namespace lws::config {
namespace {

constexpr const char* kFileOnly = "as in the configuration file, which it overrides";

// Flags as given; a flag that was not given leaves no trace.
struct Flags {
    bool version = false;
    std::string config;
    std::string extra_config;
    std::string kubeconfig;
    std::string metrics_bind_address;
    std::string health_probe_bind_address;
    double qps = 0;
    std::int32_t burst = 0;
    bool leader_elect = true;
    std::string lease_duration;
    std::string renew_deadline;
    std::string retry_period;
    std::string resource_lock;
    std::string resource_name;
    bool zap_devel = false;
    std::string zap_encoder;
    std::string zap_log_level;
    std::string zap_stacktrace_level;
    std::string zap_time_encoding;
};

void declare_flags(CLI::App& app, Flags& flags) {
    app.add_flag("--version", flags.version, "print the version and exit");
    app.add_option("--config", flags.config, "configuration file; without it, the defaults");
    app.add_option("--extra-config", flags.extra_config, "file with settings of our own");
    app.add_option("--kubeconfig", flags.kubeconfig, "how to reach the API server outside a pod");
    app.add_option("--metrics-bind-address", flags.metrics_bind_address, kFileOnly);
    app.add_option("--health-probe-bind-address", flags.health_probe_bind_address, kFileOnly);
    app.add_option("--kube-api-qps", flags.qps, "requests a second to the API server");
    app.add_option("--kube-api-burst", flags.burst, "requests to the API server at once");
    app.add_flag("--leader-elect", flags.leader_elect, kFileOnly);
    app.add_option("--leader-elect-lease-duration", flags.lease_duration, kFileOnly);
    app.add_option("--leader-elect-renew-deadline", flags.renew_deadline, kFileOnly);
    app.add_option("--leader-elect-retry-period", flags.retry_period, kFileOnly);
    app.add_option("--leader-elect-resource-lock", flags.resource_lock, "only leases")
        ->check(CLI::IsMember({"leases"}));
    app.add_option("--leader-elect-resource-name", flags.resource_name, kFileOnly);
    app.add_flag("--zap-devel", flags.zap_devel, "console lines, debug level");
    app.add_option("--zap-encoder", flags.zap_encoder, "json or console")
        ->check(CLI::IsMember({"json", "console"}));
    app.add_option("--zap-log-level", flags.zap_log_level, "debug, info, error, panic or a number");
    app.add_option("--zap-stacktrace-level", flags.zap_stacktrace_level, "accepted, no effect")
        ->check(CLI::IsMember({"info", "error", "panic"}));
    app.add_option("--zap-time-encoding", flags.zap_time_encoding, "accepted, no effect")
        ->check(CLI::IsMember({"epoch", "millis", "nano", "iso8601", "rfc3339", "rfc3339nano"}));
}

Error flag_error(std::string_view flag, const Error& error) {
    return {ErrorCode::invalid_input, "--" + std::string(flag) + ": " + error.message};
}

// `debug` is zap's word for all there is. Numbers follow Kubernetes' convention for klog: up to 3
// is what an operator wants to see, from 4 on it is debugging; upstream's manifests pass 2.
Result<LogLevel> parse_log_level(std::string_view text) {
    if (text == "debug") {
        return LogLevel::debug;
    }
    if (text == "info") {
        return LogLevel::info;
    }
    if (text == "error" || text == "panic") {
        return LogLevel::error;
    }
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1) {
        return Error(
            ErrorCode::invalid_input, "must be debug, info, error, panic or a number from 1"
        );
    }
    return number >= 4 ? LogLevel::debug : LogLevel::info;
}

class FlagReader {
public:
    FlagReader(const CLI::App& app, const Flags& flags) : app_(app), flags_(flags) {}

    Result<void> apply(Options& options) const {
        for (const auto step :
             {&FlagReader::addresses, &FlagReader::client, &FlagReader::election, &FlagReader::log
             }) {
            if (auto result = (this->*step)(options); result.has_error()) {
                return result;
            }
        }
        options.kubeconfig = flags_.kubeconfig;
        return check_configuration(options.configuration);
    }

private:
    [[nodiscard]] bool given(const std::string& flag) const { return app_.count("--" + flag) > 0; }

    Result<void> addresses(Options& options) const {
        struct Address {
            const char* flag;
            const std::string& text;
            std::optional<BindAddress>& target;
        };
        Configuration& configuration = options.configuration;
        for (const Address& address : std::initializer_list<Address>{
                 {"metrics-bind-address",
                  flags_.metrics_bind_address,
                  configuration.metrics_bind_address},
                 {"health-probe-bind-address",
                  flags_.health_probe_bind_address,
                  configuration.health.bind_address}
             }) {
            if (!given(address.flag)) {
                continue;
            }
            auto parsed = parse_bind_address(address.text);
            if (parsed.has_error()) {
                return flag_error(address.flag, parsed.error());
            }
            address.target = std::move(parsed).value();
        }
        return {};
    }

    Result<void> client(Options& options) const {
        ClientConnectionConfiguration& client = options.configuration.client_connection;
        if (given("kube-api-qps")) {
            if (!std::isfinite(flags_.qps)) {
                return Error(ErrorCode::invalid_input, "--kube-api-qps: must be a number");
            }
            client.qps = flags_.qps;
        }
        if (given("kube-api-burst")) {
            if (flags_.burst < 0) {
                return Error(ErrorCode::invalid_input, "--kube-api-burst: must not be negative");
            }
            client.burst = flags_.burst;
        }
        return {};
    }

    Result<void> election(Options& options) const {
        struct Duration {
            const char* flag;
            const std::string& text;
            std::chrono::nanoseconds& target;
        };
        LeaderElectionConfiguration& election = options.configuration.leader_election;
        if (given("leader-elect")) {
            election.leader_elect = flags_.leader_elect;
        }
        if (given("leader-elect-resource-name")) {
            if (flags_.resource_name.empty()) {
                return Error(
                    ErrorCode::invalid_input, "--leader-elect-resource-name: must not be empty"
                );
            }
            election.resource_name = flags_.resource_name;
        }
        for (const Duration& duration : std::initializer_list<Duration>{
                 {"leader-elect-lease-duration", flags_.lease_duration, election.lease_duration},
                 {"leader-elect-renew-deadline", flags_.renew_deadline, election.renew_deadline},
                 {"leader-elect-retry-period", flags_.retry_period, election.retry_period}
             }) {
            if (!given(duration.flag)) {
                continue;
            }
            const auto parsed = parse_duration(duration.text);
            if (parsed.has_error()) {
                return flag_error(duration.flag, parsed.error());
            }
            duration.target = *parsed;
        }
        return {};
    }

    Result<void> log(Options& options) const {
        if (flags_.zap_devel) {
            options.log.encoder = LogEncoder::console;
            options.log.level = LogLevel::debug;
        }
        if (given("zap-encoder")) {
            options.log.encoder =
                flags_.zap_encoder == "json" ? LogEncoder::json : LogEncoder::console;
        }
        if (given("zap-log-level")) {
            const auto level = parse_log_level(flags_.zap_log_level);
            if (level.has_error()) {
                return flag_error("zap-log-level", level.error());
            }
            options.log.level = *level;
        }
        return {};
    }

    const CLI::App& app_;
    const Flags& flags_;
};

// Go's flag package takes one dash or two before a name of any length.
void accept_single_dash(std::vector<std::string>& arguments) {
    for (std::string& argument : arguments) {
        if (argument.size() > 2 && argument[0] == '-' && argument[1] != '-' &&
            !(argument[1] >= '0' && argument[1] <= '9')) {
            argument.insert(0, 1, '-');
        }
    }
}

template <class Parsed>
Result<void> load(
    const std::string& path,
    const FileReader& read_file,
    Result<Parsed> (*parse)(std::string_view),
    Parsed& out
) {
    if (path.empty()) {
        return {};
    }
    const auto text = read_file(path);
    if (text.has_error()) {
        return text.error();
    }
    auto parsed = parse(*text);
    if (parsed.has_error()) {
        return Error(ErrorCode::invalid_input, path + ": " + parsed.error().message);
    }
    out = std::move(parsed).value();
    return {};
}

ExitRequest refuse(const ProgramInfo& program, std::string message) {
    std::replace(message.begin(), message.end(), '\n', ' ');
    return {2, program.name + ": " + message};
}

}  // namespace

std::variant<Options, ExitRequest> read_options(
    const ProgramInfo& program, std::vector<std::string> arguments, const FileReader& read_file
) {
    Flags flags;
    CLI::App app(program.summary, program.name);
    declare_flags(app, flags);
    accept_single_dash(arguments);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 wants the last one first
    try {
        app.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
        return ExitRequest{0, app.help()};
    } catch (const CLI::ParseError& error) {
        return refuse(program, error.what());
    }
    if (flags.version) {
        return ExitRequest{0, version_line(program.name)};
    }
    Options options;
    auto done = load(flags.config, read_file, parse_configuration, options.configuration);
    if (done.has_value()) {
        done = load(flags.extra_config, read_file, parse_extra_configuration, options.extra);
    }
    if (done.has_value()) {
        done = FlagReader(app, flags).apply(options);
    }
    if (done.has_error()) {
        return refuse(program, done.error().message);
    }
    return options;
}

std::string operator_namespace(const FileReader& read_file) {
    const auto text = read_file("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
    if (text.has_value()) {
        constexpr std::string_view kBlanks = " \t\r\n";
        const std::size_t first = text->find_first_not_of(kBlanks);
        if (first != std::string::npos) {
            return text->substr(first, text->find_last_not_of(kBlanks) - first + 1);
        }
    }
    return "lws-system";
}

}  // namespace lws::config
