// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/int_or_string.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

namespace lws::api {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::int32_t int32_or_zero(std::optional<std::int64_t> number) {
    using Limits = std::numeric_limits<std::int32_t>;
    if (!number || *number < Limits::min() || *number > Limits::max()) {
        return 0;
    }
    return static_cast<std::int32_t>(*number);
}

// A product beyond int64 cannot be converted; the nearest end keeps every comparison right.
std::int64_t to_int64(double value) {
    constexpr double kLimit = 9.2e18;
    return static_cast<std::int64_t>(std::clamp(value, -kLimit, kLimit));
}

}  // namespace

IntOrString IntOrString::from(json::View value) {
    if (const auto text = value.string()) {
        return IntOrString(std::string(*text));
    }
    return IntOrString(int32_or_zero(value.int64()));
}

std::optional<std::int64_t> IntOrString::scaled(std::int64_t total, Rounding rounding) const {
    if (!is_text_) {
        return number_;
    }
    const auto percent = percent_value(text_);
    if (!percent) {
        return std::nullopt;
    }
    // In floating point, as Go does it, so that the last digit agrees.
    const double share = static_cast<double>(*percent) * static_cast<double>(total) / 100;
    return to_int64(rounding == Rounding::up ? std::ceil(share) : std::floor(share));
}

std::optional<std::int64_t> parse_decimal(std::string_view text) {
    std::int64_t number = 0;
    const char* const first = std::to_address(text.begin());
    const char* const last = first + text.size();
    const auto [stop, error] = std::from_chars(first, last, number);
    if (error != std::errc() || stop != last) {
        return std::nullopt;
    }
    return number;
}

std::optional<std::int64_t> percent_value(std::string_view text) {
    if (!text.ends_with('%')) {
        return std::nullopt;
    }
    text.remove_suffix(1);
    // from_chars takes a minus and no plus.
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) {
            return std::nullopt;
        }
    }
    return parse_decimal(text);
}

bool is_valid_percent(std::string_view text) {
    return text.size() > 1 && text.ends_with('%') &&
           std::all_of(text.begin(), text.end() - 1, is_digit);
}

}  // namespace lws::api
