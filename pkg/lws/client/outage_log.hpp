// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lws::client {

// Keeps a lasting trouble from filling the log: it is told at once, then at most once a minute with
// its age, and its end is told once. Pure; the caller gives the time and writes the line.
class OutageLog {
public:
    using Clock = std::chrono::steady_clock;

    explicit OutageLog(std::string subject, Clock::duration interval = std::chrono::minutes(1))
        : subject_(std::move(subject)), interval_(interval) {}

    // The line to write, if one is due.
    [[nodiscard]] std::optional<std::string> failed(
        Clock::time_point now, std::string_view problem
    );
    [[nodiscard]] std::optional<std::string> succeeded(Clock::time_point now);
    [[nodiscard]] bool ongoing() const { return since_.has_value(); }

private:
    std::string subject_;
    Clock::duration interval_;
    std::optional<Clock::time_point> since_;
    Clock::time_point told_{};
};

}  // namespace lws::client
