// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/configuration.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/config/extra_configuration.hpp"

namespace lws::config {
namespace {

using namespace std::chrono_literals;

const std::string kHead = "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: Configuration\n";

Configuration parsed(const std::string& members) {
    auto result = parse_configuration(kHead + members);
    INFO(members);
    REQUIRE(result.has_value());
    return std::move(result).value();
}

std::string problem(const std::string& text) {
    const auto result = parse_configuration(text);
    REQUIRE(result.has_error());
    CHECK(result.error().message.find('\n') == std::string::npos);
    return result.error().message;
}

TEST_CASE("a configuration without members holds upstream's defaults", "[config]") {
    const Configuration c = parsed("");
    CHECK(c.webhook.port == 9443);
    CHECK(c.webhook.host.empty());
    CHECK(c.webhook.certificate_directory == "/tmp/k8s-webhook-server/serving-certs");
    CHECK(c.leader_election.leader_elect);
    CHECK(c.leader_election.resource_name == "b8b2488c.x-k8s.io");
    CHECK(c.leader_election.lease_duration == 15s);
    CHECK(c.leader_election.renew_deadline == 10s);
    CHECK(c.leader_election.retry_period == 2s);
    CHECK(c.metrics_bind_address == BindAddress{"", 8443});
    CHECK(c.health.bind_address == BindAddress{"", 8081});
    CHECK(c.health.readiness_path == "/readyz");
    CHECK(c.health.liveness_path == "/healthz");
    CHECK(c.certificates.internal);
    CHECK(c.certificates.service_name == "lws-webhook-service");
    CHECK(c.certificates.secret_name == "lws-webhook-server-cert");
    CHECK_FALSE(c.scheduler_provider.has_value());
    CHECK(c.client_connection.qps == 500);
    CHECK(c.client_connection.burst == 500);
    CHECK(c.tls.min_version == TlsVersion::v1_2);
    CHECK(c.tls.cipher_suites.empty());
}

TEST_CASE("every field of the configuration is read", "[config]") {
    const Configuration c = parsed(R"(
webhook: {port: 10250, host: 127.0.0.1, certDir: /certs}
leaderElection:
  leaderElect: false
  leaseDuration: 1m30s
  renewDeadline: 1m
  retryPeriod: 500ms
  resourceLock: leases
  resourceName: other.x-k8s.io
  resourceNamespace: ignored
metrics: {bindAddress: "0"}
health: {healthProbeBindAddress: "[::1]:18081", readinessEndpointName: ready, livenessEndpointName: /live}
tls: {minVersion: VersionTLS12, cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]}
internalCertManagement: {enable: false, webhookServiceName: a-service, webhookSecretName: a.secret}
gangSchedulingManagement: {schedulerProvider: volcano}
clientConnection: {qps: 2.5, burst: 10}
)");
    CHECK(c.webhook.port == 10250);
    CHECK(c.webhook.host == "127.0.0.1");
    CHECK(c.webhook.certificate_directory == "/certs");
    CHECK_FALSE(c.leader_election.leader_elect);
    CHECK(c.leader_election.lease_duration == 90s);
    CHECK(c.leader_election.renew_deadline == 60s);
    CHECK(c.leader_election.retry_period == 500ms);
    CHECK(c.leader_election.resource_name == "other.x-k8s.io");
    CHECK_FALSE(c.metrics_bind_address.has_value());
    CHECK(c.health.bind_address == BindAddress{"::1", 18081});
    CHECK(c.health.readiness_path == "/ready");
    CHECK(c.health.liveness_path == "/live");
    CHECK(c.tls.cipher_suites == std::vector<std::string>{"ECDHE-ECDSA-AES128-GCM-SHA256"});
    CHECK_FALSE(c.certificates.internal);
    CHECK(c.certificates.service_name == "a-service");
    CHECK(c.certificates.secret_name == "a.secret");
    CHECK(c.scheduler_provider == "volcano");
    CHECK(c.client_connection.qps == 2.5);
    CHECK(c.client_connection.burst == 10);
    CHECK(parsed("tls: {minVersion: VersionTLS13}").tls.min_version == TlsVersion::v1_3);
}

TEST_CASE("null, empty and zero members keep their defaults as in upstream", "[config]") {
    const Configuration c = parsed(R"(
webhook: {port: 0, certDir: "", host:}
leaderElection: {leaseDuration: 0s, resourceName: "", resourceLock: ""}
metrics:
health: {healthProbeBindAddress: ""}
gangSchedulingManagement:
tls: {minVersion: "", cipherSuites: []}
)");
    CHECK(c.webhook.port == 9443);
    CHECK(c.webhook.certificate_directory == "/tmp/k8s-webhook-server/serving-certs");
    CHECK(c.leader_election.lease_duration == 15s);
    CHECK(c.leader_election.resource_name == "b8b2488c.x-k8s.io");
    CHECK(c.metrics_bind_address == BindAddress{"", 8443});
    CHECK(c.health.bind_address == BindAddress{"", 8081});
    CHECK_FALSE(c.scheduler_provider.has_value());
}

struct Bad {
    std::string members;
    std::string message;
};

TEST_CASE("a mistake in the configuration is named by line, column and field", "[config]") {
    const auto c = GENERATE(values<Bad>({
        {"prot: 1", "line 3, column 1: prot: unknown field"},
        {"webhook:\n  prot: 1", "line 4, column 3: webhook.prot: unknown field"},
        {"webhook:\n  port: 1\n  port: 2", "line 5, column 3: webhook.port: given twice"},
        {"webhook: 7", "line 3, column 10: webhook: expected an object, got a number"},
        {"webhook: {port: 65536}", "line 3, column 17: webhook.port: must be from 0 to 65535"},
        {"webhook: {port: \"1\"}",
         "line 3, column 17: webhook.port: expected an integer, got a text"},
        {"webhook: {port: 1.5}",
         "line 3, column 17: webhook.port: expected an integer, got a number"},
        {"webhook: {host: true}",
         "line 3, column 17: webhook.host: expected a text, got a boolean (put it in quotes)"},
        {"webhook: {certDir: []}", "line 3, column 20: webhook.certDir: expected a text, got a list"
        },
        {"metrics: {bindAddress: 0}",
         "line 3, column 24: metrics.bindAddress: expected a text, got a number (put it in quotes)"
        },
        {"metrics: {bindAddress: \"8443\"}",
         "line 3, column 24: metrics.bindAddress: must be host:port, such as :8081 or [::1]:8081, "
         "or 0 for none"},
        {"health: {livenessEndpointName: /readyz}",
         "line 3, column 9: health: readinessEndpointName and livenessEndpointName must differ"},
        {"health: {livenessEndpointName: \"/a?b\"}",
         "line 3, column 32: health.livenessEndpointName: must be a URL path"},
        {"leaderElection: {leaderElect: maybe}",
         "line 3, column 31: leaderElection.leaderElect: expected true or false, got a text"},
        {"leaderElection: {leaseDuration: 15}",
         "line 3, column 33: leaderElection.leaseDuration: expected a text, got a number (put it "
         "in "
         "quotes)"},
        {"leaderElection: {leaseDuration: 15x}",
         "line 3, column 33: leaderElection.leaseDuration: must be a duration such as 15s, 1m30s "
         "or "
         "500ms"},
        {"leaderElection: {retryPeriod: -1s}",
         "line 3, column 31: leaderElection.retryPeriod: must not be negative"},
        {"leaderElection: {resourceLock: configmaps}",
         "line 3, column 32: leaderElection.resourceLock: must be \"leases\""},
        {"leaderElection: {leaseDuration: 10s}",
         "leaderElection.leaseDuration: must be longer than renewDeadline"},
        {"leaderElection: {retryPeriod: 9s}",
         "leaderElection.renewDeadline: must be longer than 1.2 times retryPeriod"},
        {"internalCertManagement: {webhookServiceName: 1abc}",
         "line 3, column 46: internalCertManagement.webhookServiceName: must be a DNS-1035 label: "
         "at most 63 of a-z, 0-9 and '-', starting with a letter and ending with a letter or digit"
        },
        {"internalCertManagement: {webhookSecretName: a..b}",
         "line 3, column 45: internalCertManagement.webhookSecretName: must be a DNS-1123 "
         "subdomain: at most 253 of a-z, 0-9, '-' and '.', each part starting and ending with a "
         "letter or digit"},
        {"gangSchedulingManagement: {}",
         "line 3, column 27: gangSchedulingManagement: schedulerProvider is required"},
        {"gangSchedulingManagement: {schedulerProvider: kueue}",
         "line 3, column 47: gangSchedulingManagement.schedulerProvider: must be \"volcano\""},
        {"clientConnection: {qps: fast}",
         "line 3, column 25: clientConnection.qps: expected a number, got a text"},
        {"clientConnection: {qps: .nan}",
         "line 3, column 25: clientConnection.qps: expected a number, got a text"},
        {"clientConnection: {burst: -1}",
         "line 3, column 27: clientConnection.burst: must be from 0 to 2147483647"},
        {"tls: {minVersion: VersionTLS11}",
         "line 3, column 19: tls.minVersion: must be \"VersionTLS12\" or \"VersionTLS13\""},
        {"tls: {minVersion: VersionTLS13, cipherSuites: [TLS_AES_128_GCM_SHA256]}",
         "line 3, column 47: tls.cipherSuites: must not be given with minVersion VersionTLS13: its "
         "suites are fixed"},
        {"tls: {cipherSuites: [TLS_RSA_WITH_RC4_128_SHA]}",
         "line 3, column 22: tls.cipherSuites[0]: unknown or unsupported cipher suite (write it as "
         "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)"},
        {"tls: {cipherSuites: all}",
         "line 3, column 21: tls.cipherSuites: expected a list, got a text"},
    }));
    DYNAMIC_SECTION(c.members) {
        CHECK(problem(kHead + c.members) == c.message);
    }
}

TEST_CASE("text that is no configuration at all is refused in one line", "[config]") {
    const auto c = GENERATE(values<Bad>({
        {"", "the file is empty"},
        {"[]", "line 1, column 1: expected an object, got a list"},
        {"hello", "line 1, column 1: expected an object, got a text"},
        {"kind: Configuration",
         "line 1, column 1: apiVersion: must be \"config.lws.x-k8s.io/v1alpha1\""},
        {"apiVersion: config.lws.x-k8s.io/v1\nkind: Configuration",
         "line 1, column 13: apiVersion: must be \"config.lws.x-k8s.io/v1alpha1\""},
        {"apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: Config",
         "line 2, column 7: kind: must be \"Configuration\""},
        {kHead + "---\n" + kHead, "line 4, column 1: expected one document, got a second one"},
    }));
    DYNAMIC_SECTION(c.members) {
        CHECK(problem(c.members) == c.message);
    }
    CHECK(problem("a: [\n").substr(0, 5) == "line ");
    CHECK(problem("\t{").substr(0, 5) == "line ");
    CHECK(problem(std::string(100'000, '[')).substr(0, 5) == "line ");
    CHECK(
        problem(kHead + "webhook: {host: \"" + std::string(2'000'000, 'x') + "\"}") ==
        "the file is larger than 1 MiB"
    );
    CHECK_FALSE(problem(std::string("\0\xff\xfe\x01", 4)).empty());
}

TEST_CASE("names are held to their rules only with internal certificates", "[config]") {
    CHECK(
        parsed("internalCertManagement: {enable: false, webhookServiceName: UPPER}")
            .certificates.service_name == "UPPER"
    );
}

TEST_CASE("lease times are held to their rules only with leader election", "[config]") {
    CHECK(
        parsed("leaderElection: {leaderElect: false, leaseDuration: 1s}")
            .leader_election.lease_duration == 1s
    );
}

TEST_CASE("bind addresses keep host and port apart", "[config]") {
    CHECK(parse_bind_address(":8081").value() == BindAddress{"", 8081});
    CHECK(parse_bind_address("127.0.0.1:80").value() == BindAddress{"127.0.0.1", 80});
    CHECK(parse_bind_address("[::]:80").value() == BindAddress{"::", 80});
    CHECK_FALSE(parse_bind_address("0").value().has_value());
    const auto bad = GENERATE(values<std::string>(
        {"", ":", "80", ":http", ":65536", ":-1", "::1:80", "[::1:80", "a b:80", ":80 "}
    ));
    DYNAMIC_SECTION('"' << bad << '"') {
        CHECK(parse_bind_address(bad).has_error());
    }
}

TEST_CASE("our own settings are in a file of their own, as strict as the shared one", "[config]") {
    const std::string head = "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: ExtraConfiguration\n";
    const auto extra = parse_extra_configuration(
        head +
        "webhook: {threads: 3, maxConnections: 10, maxInFlightRequests: 4, drainIdle: 1s, "
        "drainAccept: 10ms, longNames: Warn}"
    );
    REQUIRE(extra.has_value());
    CHECK(extra->webhook.long_names == LongNames::warn);
    CHECK(extra->webhook.threads == 3);
    CHECK(extra->webhook.max_connections == 10);
    CHECK(extra->webhook.max_in_flight == 4);
    CHECK(extra->webhook.drain_idle == 1s);
    CHECK(extra->webhook.drain_accept == 10ms);
    const auto c = GENERATE(values<Bad>({
        {"webhook: {thread: 3}", "line 3, column 11: webhook.thread: unknown field"},
        {"webhook: {longNames: warn}",
         "line 3, column 22: webhook.longNames: must be \"Deny\" or \"Warn\""},
        {"webhook: {threads: 0}", "line 3, column 20: webhook.threads: must be from 1 to 64"},
        {"webhook: {drainIdle: 2h}", "line 3, column 22: webhook.drainIdle: must be from 0s to 1h"},
    }));
    DYNAMIC_SECTION(c.members) {
        const auto result = parse_extra_configuration(head + c.members);
        REQUIRE(result.has_error());
        CHECK(result.error().message == c.message);
    }
    CHECK(parse_extra_configuration(kHead).has_error());
}

TEST_CASE("how the controller recreates groups is in the file of our own", "[config]") {
    const std::string head = "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: ExtraConfiguration\n";
    const ControllerSettings defaults = parse_extra_configuration(head)->controller;
    CHECK(defaults.recreation_backoff.first == 10s);
    CHECK(defaults.recreation_backoff.most == 5min);
    CHECK(defaults.recreation_backoff.reset_after == 10min);
    CHECK(defaults.sidecar_restarts == SidecarRestarts::count);
    const auto extra = parse_extra_configuration(
        head +
        "controller: {recreationBackoff: {first: 0s, most: 1m, resetAfter: 1h}, "
        "sidecarRestarts: Ignore}"
    );
    REQUIRE(extra.has_value());
    CHECK(extra->controller.recreation_backoff.first == 0s);
    CHECK(extra->controller.recreation_backoff.most == 1min);
    CHECK(extra->controller.recreation_backoff.reset_after == 1h);
    CHECK(extra->controller.sidecar_restarts == SidecarRestarts::ignore);
    const auto c = GENERATE(values<Bad>({
        {"controller: {recreationBackoff: {first: 1500ms}}",
         "line 3, column 41: controller.recreationBackoff.first: must be whole seconds from 0s to "
         "24h"},
        {"controller: {recreationBackoff: {resetAfter: 0s}}",
         "line 3, column 46: controller.recreationBackoff.resetAfter: must be whole seconds from "
         "1s "
         "to 24h"},
        {"controller: {recreationBackoff: {first: 10s, most: 5s}}",
         "line 3, column 33: controller.recreationBackoff: most must not be below first"},
        {"controller: {sidecarRestarts: ignore}",
         "line 3, column 31: controller.sidecarRestarts: must be \"Count\" or \"Ignore\""},
    }));
    DYNAMIC_SECTION(c.members) {
        const auto result = parse_extra_configuration(head + c.members);
        REQUIRE(result.has_error());
        CHECK(result.error().message == c.message);
    }
}

}  // namespace
}  // namespace lws::config
