// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/number_range.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace lws::json {
namespace {

// The whole of the exponent counts in what follows only by its sign when it exceeds this.
constexpr std::int64_t kHugeExponent = std::int64_t{1} << 40U;

std::int64_t read_exponent(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    std::int64_t exponent = 0;
    const auto error = std::from_chars(text.data(), text.data() + text.size(), exponent).ec;
    if (error != std::errc()) {
        return text.starts_with('-') ? -kHugeExponent : kHugeExponent;
    }
    return std::clamp(exponent, -kHugeExponent, kHugeExponent);
}

// Of a number other than 0: the place of its first digit that is not 0, counted from the point.
std::int64_t magnitude(std::string_view number) {
    std::int64_t place = 0;
    bool found = false;
    bool fraction = false;
    for (std::size_t i = 0; i < number.size(); ++i) {
        const char c = number[i];
        if (c == 'e' || c == 'E') {
            return place + read_exponent(number.substr(i + 1));
        }
        if (c == '.') {
            fraction = true;
        } else if (c != '-') {
            found = found || c != '0';
            place += found && !fraction ? 1 : 0;
            place -= !found && fraction ? 1 : 0;
        }
    }
    return place;
}

}  // namespace

bool is_beyond_double(std::string_view number) {
    double value = 0.0;
    const auto error = std::from_chars(number.data(), number.data() + number.size(), value).ec;
    return error == std::errc() ? std::isinf(value) : magnitude(number) > 0;
}

}  // namespace lws::json
