// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/configuration.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "pkg/lws/config/cipher_suites.hpp"
#include "pkg/lws/config/yaml_reader.hpp"

namespace lws::config {
namespace {

using yaml::Value;

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_label(std::string_view text) {
    const auto is_inner = [](char c) { return is_lower_or_digit(c) || c == '-'; };
    return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
           std::all_of(text.begin(), text.end(), is_inner);
}

// The rules of apimachinery's IsDNS1035Label: it becomes a Service's name.
void check_service_name(const Value& value) {
    const std::string text = value.string();
    if (text.size() > 63 || !is_label(text) || text.front() < 'a') {
        value.fail(
            "must be a DNS-1035 label: at most 63 of a-z, 0-9 and '-', starting with a letter "
            "and ending with a letter or digit"
        );
    }
}

// The rules of apimachinery's IsDNS1123Subdomain.
void check_secret_name(const Value& value) {
    const std::string text = value.string();
    std::string_view rest = text;
    bool good = text.size() <= 253;
    for (bool more = good; good && more;) {
        const std::size_t dot = rest.find('.');
        good = is_label(rest.substr(0, dot));
        more = dot != std::string_view::npos;
        rest.remove_prefix(more ? dot + 1 : rest.size());
    }
    if (!good) {
        value.fail(
            "must be a DNS-1123 subdomain: at most 253 of a-z, 0-9, '-' and '.', each part "
            "starting and ending with a letter or digit"
        );
    }
}

// Sets `target` unless the text is empty, which upstream takes for absent.
void read_text(const Value& value, std::string& target) {
    std::string text = value.string();
    if (!text.empty()) {
        target = std::move(text);
    }
}

void read_path(const Value& value, std::string& target) {
    read_text(value, target);
    if (target.front() != '/') {
        target.insert(0, 1, '/');
    }
    const auto is_bad = [](char c) { return c <= ' ' || c == '?' || c == '#' || c >= 0x7f; };
    if (std::any_of(target.begin(), target.end(), is_bad)) {
        value.fail("must be a URL path");
    }
}

void read_address(const Value& value, std::optional<BindAddress>& target) {
    const std::string text = value.string();
    if (!text.empty()) {
        target = value.checked(parse_bind_address(text));
    }
}

// Zero means the default, as in component-base's RecommendedDefaultLeaderElectionConfiguration.
void read_duration(const Value& value, std::chrono::nanoseconds& target) {
    const auto duration = value.duration();
    if (duration < std::chrono::nanoseconds::zero()) {
        value.fail("must not be negative");
    }
    if (duration > std::chrono::nanoseconds::zero()) {
        target = duration;
    }
}

void read_webhook(const Value& object, WebhookConfiguration& out) {
    const auto read_port = [&](const Value& v) {
        const auto port = static_cast<std::uint16_t>(v.integer(0, 65535));
        out.port = port == 0 ? out.port : port;
    };
    yaml::read_object(
        object,
        {{"port", read_port},
         {"host", [&](const Value& v) { out.host = v.string(); }},
         {"certDir", [&](const Value& v) { read_text(v, out.certificate_directory); }}}
    );
}

void read_leader_election(const Value& object, LeaderElectionConfiguration& out) {
    // The other kinds of lock are gone from client-go too.
    const auto read_lock = [](const Value& v) {
        const std::string lock = v.string();
        if (!lock.empty() && lock != "leases") {
            v.fail("must be \"leases\"");
        }
    };
    yaml::read_object(
        object,
        {{"leaderElect", [&](const Value& v) { out.leader_elect = v.boolean(); }},
         {"leaseDuration", [&](const Value& v) { read_duration(v, out.lease_duration); }},
         {"renewDeadline", [&](const Value& v) { read_duration(v, out.renew_deadline); }},
         {"retryPeriod", [&](const Value& v) { read_duration(v, out.retry_period); }},
         {"resourceLock", read_lock},
         {"resourceName", [&](const Value& v) { read_text(v, out.resource_name); }},
         // Upstream replaces it by its own namespace.
         {"resourceNamespace", [](const Value& v) { static_cast<void>(v.string()); }}}
    );
}

void read_health(const Value& object, HealthConfiguration& out) {
    yaml::read_object(
        object,
        {{"healthProbeBindAddress", [&](const Value& v) { read_address(v, out.bind_address); }},
         {"readinessEndpointName", [&](const Value& v) { read_path(v, out.readiness_path); }},
         {"livenessEndpointName", [&](const Value& v) { read_path(v, out.liveness_path); }}}
    );
    if (out.readiness_path == out.liveness_path) {
        object.fail("readinessEndpointName and livenessEndpointName must differ");
    }
}

void read_certificates(const Value& object, CertificateConfiguration& out) {
    std::optional<Value> service;
    std::optional<Value> secret;
    yaml::read_object(
        object,
        {{"enable", [&](const Value& v) { out.internal = v.boolean(); }},
         {"webhookServiceName", [&](const Value& v) { service = v; }},
         {"webhookSecretName", [&](const Value& v) { secret = v; }}}
    );
    // Names are held to their rules only where they are used, as upstream does.
    if (service) {
        out.service_name = service->string();
        if (out.internal) {
            check_service_name(*service);
        }
    }
    if (secret) {
        out.secret_name = secret->string();
        if (out.internal) {
            check_secret_name(*secret);
        }
    }
}

void read_gang_scheduling(const Value& object, std::optional<std::string>& out) {
    yaml::read_object(object, {{"schedulerProvider", [&](const Value& v) {
                                    out = v.string();
                                    if (*out != "volcano") {
                                        v.fail("must be \"volcano\"");
                                    }
                                }}});
    if (!out) {
        object.fail("schedulerProvider is required");
    }
}

void read_client_connection(const Value& object, ClientConnectionConfiguration& out) {
    const auto read_burst = [&](const Value& v) {
        out.burst =
            static_cast<std::int32_t>(v.integer(0, std::numeric_limits<std::int32_t>::max()));
    };
    yaml::read_object(
        object, {{"qps", [&](const Value& v) { out.qps = v.number(); }}, {"burst", read_burst}}
    );
}

void read_min_version(const Value& value, TlsConfiguration& out) {
    const std::string text = value.string();
    if (text == "VersionTLS13") {
        out.min_version = TlsVersion::v1_3;
    } else if (!text.empty() && text != "VersionTLS12") {
        value.fail("must be \"VersionTLS12\" or \"VersionTLS13\"");
    }
}

void read_tls(const Value& object, TlsConfiguration& out) {
    std::optional<Value> suites;
    yaml::read_object(
        object,
        {{"minVersion", [&](const Value& v) { read_min_version(v, out); }},
         {"cipherSuites", [&](const Value& v) { suites = v; }}}
    );
    if (!suites) {
        return;
    }
    const std::vector<Value> items = suites->items();
    if (!items.empty() && out.min_version == TlsVersion::v1_3) {
        suites->fail("must not be given with minVersion VersionTLS13: its suites are fixed");
    }
    for (const Value& item : items) {
        const auto name = item.checked(openssl_cipher_suite(item.string()));
        if (!name.empty()) {
            out.cipher_suites.emplace_back(name);
        }
    }
}

void read_metrics(const Value& object, std::optional<BindAddress>& out) {
    yaml::read_object(object, {{"bindAddress", [&](const Value& v) { read_address(v, out); }}});
}

void read_root(const Value& root, Configuration& out) {
    yaml::read_object(
        root,
        {{"apiVersion", nullptr},
         {"kind", nullptr},
         {"webhook", [&](const Value& v) { read_webhook(v, out.webhook); }},
         {"leaderElection", [&](const Value& v) { read_leader_election(v, out.leader_election); }},
         {"metrics", [&](const Value& v) { read_metrics(v, out.metrics_bind_address); }},
         {"health", [&](const Value& v) { read_health(v, out.health); }},
         {"tls", [&](const Value& v) { read_tls(v, out.tls); }},
         {"internalCertManagement", [&](const Value& v) { read_certificates(v, out.certificates); }
         },
         {"gangSchedulingManagement",
          [&](const Value& v) { read_gang_scheduling(v, out.scheduler_provider); }},
         {"clientConnection",
          [&](const Value& v) { read_client_connection(v, out.client_connection); }}}
    );
}

}  // namespace

Result<Configuration> parse_configuration(std::string_view yaml) {
    Configuration configuration;
    const auto read = yaml::read_document(yaml, "Configuration", [&](const Value& root) {
        read_root(root, configuration);
    });
    if (read.has_error()) {
        return read.error();
    }
    if (const auto checked = check_configuration(configuration); checked.has_error()) {
        return checked.error();
    }
    return configuration;
}

// client-go's leaderelection.NewLeaderElector refuses the same.
Result<void> check_configuration(const Configuration& configuration) {
    const LeaderElectionConfiguration& election = configuration.leader_election;
    if (!election.leader_elect) {
        return {};
    }
    if (election.lease_duration <= election.renew_deadline) {
        return Error(
            ErrorCode::invalid_input,
            "leaderElection.leaseDuration: must be longer than renewDeadline"
        );
    }
    if (election.renew_deadline / 6 <= election.retry_period / 5) {
        return Error(
            ErrorCode::invalid_input,
            "leaderElection.renewDeadline: must be longer than 1.2 times retryPeriod"
        );
    }
    if (election.retry_period < std::chrono::nanoseconds(1)) {
        return Error(ErrorCode::invalid_input, "leaderElection.retryPeriod: must be positive");
    }
    return {};
}

Result<std::optional<BindAddress>> parse_bind_address(std::string_view text) {
    if (text == "0") {
        return std::optional<BindAddress>();
    }
    const Error malformed(
        ErrorCode::invalid_input, "must be host:port, such as :8081 or [::1]:8081, or 0 for none"
    );
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return malformed;
    }
    const std::string_view digits = text.substr(colon + 1);
    std::string_view host = text.substr(0, colon);
    BindAddress address;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
        return malformed;
    }
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    if (host.find_first_of("[] ") != std::string_view::npos ||
        (!bracketed && host.find(':') != std::string_view::npos)) {
        return malformed;
    }
    address.host = host;
    return std::optional(std::move(address));
}

}  // namespace lws::config
