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

}  // namespace

Result<ExtraConfiguration> parse_extra_configuration(std::string_view yaml) {
    ExtraConfiguration out;
    const auto read = yaml::read_document(yaml, "ExtraConfiguration", [&](const Value& root) {
        yaml::read_object(
            root,
            {{"apiVersion", nullptr},
             {"kind", nullptr},
             {"webhook", [&](const Value& v) { read_webhook(v, out.webhook); }}}
        );
    });
    if (read.has_error()) {
        return read.error();
    }
    return out;
}

}  // namespace lws::config
