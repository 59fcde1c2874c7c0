// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/go_integer.hpp"

#include <limits>
#include <string>

#include "pkg/lws/api/go_text.hpp"

namespace lws::rules {
namespace {

Error failure(std::string_view text, std::string_view why) {
    return {
        ErrorCode::forbidden,
        "strconv.Atoi: parsing " + api::go_quote(text) + ": " + std::string(why)
    };
}

}  // namespace

Result<std::int64_t> parse_go_integer(std::string_view text) {
    auto digits = text;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) {
        digits.remove_prefix(1);
    }
    if (digits.empty()) {
        return failure(text, "invalid syntax");
    }
    constexpr auto kMaxUnsigned = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t magnitude = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') {
            return failure(text, "invalid syntax");
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        // Go reports the overflow of uint64 before it looks at the characters that follow.
        if (magnitude > (kMaxUnsigned - digit) / 10) {
            return failure(text, "value out of range");
        }
        magnitude = magnitude * 10 + digit;
    }
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (magnitude > kMax + (negative ? 1 : 0)) {
        return failure(text, "value out of range");
    }
    return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

std::int64_t go_quotient(std::int64_t dividend, std::int64_t divisor) {
    if (divisor == -1) {
        return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(dividend));
    }
    return dividend / divisor;
}

std::int64_t go_remainder(std::int64_t dividend, std::int64_t divisor) {
    return divisor == -1 ? 0 : dividend % divisor;
}

}  // namespace lws::rules
