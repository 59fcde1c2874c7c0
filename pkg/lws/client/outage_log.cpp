// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/outage_log.hpp"

namespace lws::client {
namespace {

std::string seconds_text(OutageLog::Clock::duration duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    return std::to_string(seconds) + " s";
}

}  // namespace

std::optional<std::string> OutageLog::failed(Clock::time_point now, std::string_view problem) {
    const bool first = !since_.has_value();
    if (!first && now - told_ < interval_) return std::nullopt;
    if (first) since_ = now;
    told_ = now;
    std::string line = subject_;
    line.append(": ").append(problem);
    if (!first) line.append(" (for ").append(seconds_text(now - *since_)).append(")");
    return line;
}

std::optional<std::string> OutageLog::succeeded(Clock::time_point now) {
    if (!since_) return std::nullopt;
    std::string line = subject_;
    line.append(": well again after ").append(seconds_text(now - *since_));
    since_.reset();
    return line;
}

}  // namespace lws::client
