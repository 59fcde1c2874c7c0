// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/support/result.hpp"

// `Configuration` of config.lws.x-k8s.io/v1alpha1, as kubernetes-sigs/lws v0.10 reads it
// (api/config/v1alpha1, pkg/config). Both programs read the same file and use their part of it.
// Values here are final: an absent, null or (where upstream defaults it) empty member holds its
// default.
namespace lws::config {

// host empty: all addresses, IPv6 and IPv4.
struct BindAddress {
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(const BindAddress&, const BindAddress&) = default;
};

struct WebhookConfiguration {
    std::uint16_t port = 9443;
    std::string host;
    // Holds tls.crt and tls.key when certificates are not managed by ourselves.
    std::string certificate_directory = "/tmp/k8s-webhook-server/serving-certs";

    friend bool operator==(const WebhookConfiguration&, const WebhookConfiguration&) = default;
};

struct LeaderElectionConfiguration {
    bool leader_elect = true;
    std::string resource_name = "b8b2488c.x-k8s.io";
    std::chrono::nanoseconds lease_duration = std::chrono::seconds(15);
    std::chrono::nanoseconds renew_deadline = std::chrono::seconds(10);
    std::chrono::nanoseconds retry_period = std::chrono::seconds(2);

    friend bool operator==(const LeaderElectionConfiguration&, const LeaderElectionConfiguration&) =
        default;
};

struct HealthConfiguration {
    // Nothing: no health server.
    std::optional<BindAddress> bind_address = BindAddress{"", 8081};
    // Paths, always with a leading slash.
    std::string readiness_path = "/readyz";
    std::string liveness_path = "/healthz";

    friend bool operator==(const HealthConfiguration&, const HealthConfiguration&) = default;
};

struct CertificateConfiguration {
    bool internal = true;
    std::string service_name = "lws-webhook-service";
    std::string secret_name = "lws-webhook-server-cert";

    friend bool operator==(const CertificateConfiguration&, const CertificateConfiguration&) =
        default;
};

struct ClientConnectionConfiguration {
    // Requests a second and how many may go at once; qps <= 0 means no limit, as in client-go.
    double qps = 500;
    std::int32_t burst = 500;

    friend bool
    operator==(const ClientConnectionConfiguration&, const ClientConnectionConfiguration&) =
        default;
};

enum class TlsVersion { v1_2, v1_3 };

struct TlsConfiguration {
    TlsVersion min_version = TlsVersion::v1_2;
    // TLS 1.2 suites by their OpenSSL names, in order of preference; empty: the library's default.
    std::vector<std::string> cipher_suites;

    friend bool operator==(const TlsConfiguration&, const TlsConfiguration&) = default;
};

struct Configuration {
    WebhookConfiguration webhook;
    LeaderElectionConfiguration leader_election;
    // Nothing: no metrics server.
    std::optional<BindAddress> metrics_bind_address = BindAddress{"", 8443};
    HealthConfiguration health;
    CertificateConfiguration certificates;
    // `volcano` when gang scheduling is on.
    std::optional<std::string> scheduler_provider;
    ClientConnectionConfiguration client_connection;
    TlsConfiguration tls;

    friend bool operator==(const Configuration&, const Configuration&) = default;
};

// Strict, as upstream decodes: unknown and duplicate members, values of the wrong type and values
// that break a rule are errors that name line, column and field:
// `line 7, column 3: webhook.prot: unknown field`. Any bytes are safe; over 1 MiB is refused.
[[nodiscard]] Result<Configuration> parse_configuration(std::string_view yaml);

// Rules between members; call again once flags have changed some.
[[nodiscard]] Result<void> check_configuration(const Configuration& configuration);

// `:8081`, `127.0.0.1:8080`, `[::1]:8080`; `0` means off.
[[nodiscard]] Result<std::optional<BindAddress>> parse_bind_address(std::string_view text);

}  // namespace lws::config
