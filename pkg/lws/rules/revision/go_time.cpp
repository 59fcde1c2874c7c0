// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "pkg/lws/rules/revision/go_json.hpp"

namespace lws::rules {
namespace {

// Takes text apart from the front; once something does not fit, everything fails.
class Scanner {
public:
    explicit Scanner(std::string_view rest) : rest_(rest) {}

    int number(std::size_t digits, int lowest, int highest) {
        int value = 0;
        const auto part = rest_.substr(0, digits);
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (part.size() != digits || end != part.data() + digits || error != std::errc() ||
            part[0] == '-' || value < lowest || value > highest) {
            ok_ = false;
            return lowest;
        }
        rest_.remove_prefix(digits);
        return value;
    }

    void expect(char c) {
        if (!accept(c)) {
            ok_ = false;
        }
    }

    bool accept(char c) {
        if (rest_.empty() || rest_[0] != c) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    // Digits after the point, at least one. Returns whether one of them is not zero.
    bool fraction() {
        const std::size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        if (end == 0) {
            ok_ = false;
        }
        // Go counts nanoseconds; further digits are dropped.
        const bool counts = rest_.substr(0, std::min<std::size_t>(end, 9)).find_first_not_of('0') !=
                            std::string_view::npos;
        rest_.remove_prefix(end);
        return counts;
    }

    [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

std::string print(std::chrono::sys_seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::array<char, 64> buffer{};
    const int length = std::snprintf(
        buffer.data(),
        buffer.size(),
        "\"%04d-%02u-%02uT%02d:%02d:%02dZ\"",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count())
    );
    return {buffer.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::optional<std::string> go_time(std::string_view text) {
    using std::chrono::hours;
    using std::chrono::minutes;
    Scanner scan(text);
    const std::chrono::year year(scan.number(4, 0, 9999));
    scan.expect('-');
    const std::chrono::month month(static_cast<unsigned>(scan.number(2, 1, 12)));
    scan.expect('-');
    const std::chrono::day day(static_cast<unsigned>(scan.number(2, 1, 31)));
    scan.expect('T');
    const hours hour(scan.number(2, 0, 23));
    scan.expect(':');
    const minutes minute(scan.number(2, 0, 59));
    scan.expect(':');
    const std::chrono::seconds second(scan.number(2, 0, 59));
    const bool has_fraction = (scan.accept('.') || scan.accept(',')) && scan.fraction();
    minutes offset{0};
    if (!scan.accept('Z')) {
        const bool west = scan.accept('-');
        if (!west) {
            scan.expect('+');
        }
        offset = hours(scan.number(2, 0, 24));
        scan.expect(':');
        offset += minutes(scan.number(2, 0, 59));
        offset = west ? -offset : offset;
    }
    const std::chrono::year_month_day date{year, month, day};
    if (!scan.done() || !date.ok()) {
        return std::nullopt;
    }
    const auto time = std::chrono::sys_days{date} + hour + minute + second - offset;
    constexpr std::chrono::sys_days kZeroTime{
        std::chrono::year(1) / std::chrono::January / std::chrono::day(1)
    };
    return time == kZeroTime && !has_fraction ? "null" : print(time);
}

}  // namespace lws::rules
