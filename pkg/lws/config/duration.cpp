// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/duration.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace lws::config {
namespace {

// Pedantic C++ knows no such type; both compilers do.
__extension__ typedef unsigned __int128 Wide;

constexpr Wide kMost = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());

struct Digits {
    Wide value = 0;
    Wide scale = 1;  // ten to the power of how many of them count
    bool any = false;
};

// What comes after the scale is full is below a nanosecond in a fraction; in a whole number, whose
// leading zeros do not count, it is larger than any duration in whatever unit.
Digits take_digits(std::string_view& text) {
    constexpr Wide kFull = static_cast<Wide>(1'000'000'000'000'000'000) * 100;
    Digits digits;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
        if (digits.scale < kFull) {
            digits.value = digits.value * 10 + static_cast<Wide>(text.front() - '0');
            digits.scale *= 10;
        }
        digits.any = true;
    }
    return digits;
}

void skip_zeros(std::string_view& text) {
    while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') {
        text.remove_prefix(1);
    }
}

std::optional<Wide> take_unit(std::string_view& text) {
    struct Unit {
        std::string_view name;
        std::uint64_t nanoseconds;
    };
    // Longer names first: `ms` before `m`. The micro sign and the Greek letter both count, as in
    // Go.
    static constexpr Unit kUnits[] = {
        {"ns", 1},
        {"us", 1'000},
        {"\xc2\xb5s", 1'000},
        {"\xce\xbcs", 1'000},
        {"ms", 1'000'000},
        {"s", 1'000'000'000},
        {"m", 60'000'000'000},
        {"h", 3'600'000'000'000},
    };
    for (const Unit& unit : kUnits) {
        if (text.substr(0, unit.name.size()) == unit.name) {
            text.remove_prefix(unit.name.size());
            return unit.nanoseconds;
        }
    }
    return std::nullopt;
}

// `1.5h`: one number and its unit.
std::optional<Wide> take_part(std::string_view& text) {
    skip_zeros(text);
    const Digits whole = take_digits(text);
    Digits fraction;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        fraction = take_digits(text);
    }
    if (!whole.any && !fraction.any) {
        return std::nullopt;
    }
    const auto unit = take_unit(text);
    if (!unit) {
        return std::nullopt;
    }
    return whole.value * *unit + fraction.value * *unit / fraction.scale;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    const Error malformed(
        ErrorCode::invalid_input, "must be a duration such as 15s, 1m30s or 500ms"
    );
    const bool negative = !text.empty() && text.front() == '-';
    if (negative || (!text.empty() && text.front() == '+')) {
        text.remove_prefix(1);
    }
    if (text == "0") {
        return std::chrono::nanoseconds::zero();
    }
    if (text.empty()) {
        return malformed;
    }
    Wide total = 0;
    while (!text.empty()) {
        const auto part = take_part(text);
        if (!part) {
            return malformed;
        }
        total += *part;
        if (total > kMost) {
            return malformed;
        }
    }
    const auto count = static_cast<std::int64_t>(total);
    return std::chrono::nanoseconds(negative ? -count : count);
}

}  // namespace lws::config
