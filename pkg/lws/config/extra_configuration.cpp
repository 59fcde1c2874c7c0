// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/extra_configuration.hpp"

#include "pkg/lws/config/yaml_reader.hpp"

namespace lws::config {
namespace {

using yaml::Value;

std::chrono::nanoseconds read_wait(const Value& value) {
    const auto duration = value.duration();
    if (duration < std::chrono::nanoseconds::zero() || duration > std::chrono::hours(1)) {
        value.fail("must be from 0s to 1h");
    }
    return duration;
}

std::uint32_t read_count(const Value& value, std::int64_t most) {
    return static_cast<std::uint32_t>(value.integer(1, most));
}

LongNames read_long_names(const Value& value) {
    const std::string text = value.string();
    if (text != "Deny" && text != "Warn") {
        value.fail("must be \"Deny\" or \"Warn\"");
    }
    return text == "Warn" ? LongNames::warn : LongNames::deny;
}

void read_webhook(const Value& object, WebhookSettings& out) {
    yaml::read_object(
        object,
        {{"longNames", [&](const Value& v) { out.long_names = read_long_names(v); }},
         {"threads", [&](const Value& v) { out.threads = read_count(v, 64); }},
         {"maxConnections", [&](const Value& v) { out.max_connections = read_count(v, 100'000); }},
         {"maxInFlightRequests", [&](const Value& v) { out.max_in_flight = read_count(v, 100'000); }
         },
         {"drainIdle", [&](const Value& v) { out.drain_idle = read_wait(v); }},
         {"drainAccept", [&](const Value& v) { out.drain_accept = read_wait(v); }}}
    );
}

// Kubernetes stores times in whole seconds.
std::chrono::seconds read_seconds(const Value& value, std::chrono::seconds least) {
    const auto duration = value.duration();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
    if (seconds != duration || seconds < least || seconds > std::chrono::hours(24)) {
        value.fail("must be whole seconds from " + std::to_string(least.count()) + "s to 24h");
    }
    return seconds;
}

void read_backoff(const Value& object, RecreationBackoff& out) {
    using std::chrono::seconds;
    yaml::read_object(
        object,
        {{"first", [&](const Value& v) { out.first = read_seconds(v, seconds(0)); }},
         {"most", [&](const Value& v) { out.most = read_seconds(v, seconds(1)); }},
         {"resetAfter", [&](const Value& v) { out.reset_after = read_seconds(v, seconds(1)); }}}
    );
    if (out.most < out.first) {
        object.fail("most must not be below first");
    }
}

SidecarRestarts read_sidecars(const Value& value) {
    const std::string text = value.string();
    if (text != "Count" && text != "Ignore") {
        value.fail("must be \"Count\" or \"Ignore\"");
    }
    return text == "Ignore" ? SidecarRestarts::ignore : SidecarRestarts::count;
}

void read_controller(const Value& object, ControllerSettings& out) {
    yaml::read_object(
        object,
        {{"recreationBackoff", [&](const Value& v) { read_backoff(v, out.recreation_backoff); }},
         {"sidecarRestarts", [&](const Value& v) { out.sidecar_restarts = read_sidecars(v); }}}
    );
}

}  // namespace

Result<ExtraConfiguration> parse_extra_configuration(std::string_view yaml) {
    ExtraConfiguration out;
    const auto read = yaml::read_document(yaml, "ExtraConfiguration", [&](const Value& root) {
        yaml::read_object(
            root,
            {{"apiVersion", nullptr},
             {"kind", nullptr},
             {"webhook", [&](const Value& v) { read_webhook(v, out.webhook); }},
             {"controller", [&](const Value& v) { read_controller(v, out.controller); }}}
        );
    });
    if (read.has_error()) {
        return read.error();
    }
    return out;
}

}  // namespace lws::config
