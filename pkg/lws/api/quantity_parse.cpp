// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "pkg/lws/api/decimal_digits.hpp"
#include "pkg/lws/api/quantity.hpp"
#include "pkg/lws/api/quantity_suffixes.hpp"

namespace lws::api {
namespace {

using Format = Quantity::Format;

constexpr std::string_view kMaxBinary = "9223372036854775807";
constexpr std::int64_t kNano = -9;
// Go holds amounts of up to 18 digits in an int64, and keeps the text of such an amount.
constexpr std::int64_t kFastDigits = 18;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The parts of a text. `value` is everything before the suffix.
struct Parts {
    bool negative = false;
    std::string_view value;
    std::string_view whole;
    std::string_view fraction;
    std::string_view suffix;
};

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) {
        ++at;
    }
    return at;
}

// Nothing when the end of the text is no suffix. `whole` loses its leading zeros, all but one.
std::optional<Parts> split(std::string_view text) {
    Parts parts;
    std::size_t at = 0;
    if (text[0] == '-' || text[0] == '+') {
        parts.negative = text[0] == '-';
        at = 1;
    }
    while (at < text.size() && text[at] == '0') {
        ++at;
    }
    if (at == text.size()) {
        parts.whole = parts.value = "0";
        return parts;
    }
    const std::size_t whole_end = skip_digits(text, at);
    parts.whole = whole_end == at ? std::string_view("0") : text.substr(at, whole_end - at);
    at = whole_end;
    if (at < text.size() && text[at] == '.') {
        const std::size_t fraction_end = skip_digits(text, at + 1);
        parts.fraction = text.substr(at + 1, fraction_end - at - 1);
        at = fraction_end;
    }
    parts.value = text.substr(0, at);
    parts.suffix = text.substr(at);
    while (at < text.size() &&
           std::string_view("eEinumkKMGTP").find(text[at]) != std::string_view::npos) {
        ++at;
    }
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) {
        ++at;
    }
    if (skip_digits(text, at) != text.size()) {
        return std::nullopt;
    }
    return parts;
}

// What a suffix says: the amount counts in 10^exponent, or in 1024^exponent if binary.
struct Unit {
    Format format = Format::decimal_si;
    std::int32_t exponent = 0;
};

std::optional<Unit> read_suffix(std::string_view suffix) {
    for (const auto& known : kDecimalSuffixes) {
        if (known.text == suffix) {
            return Unit{Format::decimal_si, known.exponent};
        }
    }
    for (std::size_t i = 1; i < kBinarySuffixes.size(); ++i) {
        if (kBinarySuffixes[i] == suffix) {
            return Unit{Format::binary_si, static_cast<std::int32_t>(i)};
        }
    }
    if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) {
        return std::nullopt;
    }
    std::string_view number = suffix.substr(1);
    if (number[0] == '+') {
        number.remove_prefix(1);
        if (number.empty() || !is_digit(number[0])) {
            return std::nullopt;
        }
    }
    std::int64_t exponent = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), exponent);
    if (error != std::errc() || end != number.data() + number.size()) {
        return std::nullopt;
    }
    // Go cuts the exponent to 32 bits.
    return Unit{Format::decimal_exponent, static_cast<std::int32_t>(exponent)};
}

// Whether Go holds this amount in an int64.
bool is_fast(const Parts& parts, const Unit& unit) {
    const auto whole = static_cast<std::int64_t>(parts.whole.size());
    const auto fraction = static_cast<std::int64_t>(parts.fraction.size());
    if (unit.format == Format::binary_si) {
        return fraction == 0 && 15 - whole - std::int64_t{unit.exponent} * 3 - 1 >= 0;
    }
    return whole + fraction <= kFastDigits && unit.exponent - fraction >= kNano;
}

// Whether Go keeps the text of such an amount instead of printing it anew.
bool is_text_kept(const Parts& parts, const Unit& unit) {
    if (unit.format == Format::binary_si) {
        // The last three digits decide the remainder by 8.
        int last = 0;
        for (const char c : parts.whole.substr(
                 parts.whole.size() - std::min<std::size_t>(3, parts.whole.size())
             )) {
            last = last * 10 + (c - '0');
        }
        return last % 8 != 0;
    }
    const std::string digits = std::string(parts.whole) + std::string(parts.fraction);
    const auto scale = unit.exponent - static_cast<std::int64_t>(parts.fraction.size());
    return scale % 3 == 0 && !digits.ends_with("000") && digits[0] != '0';
}

// Without the text: it may be of any length, and the caller knows where it stands.
Error format_error() {
    return {ErrorCode::invalid_input, "not a quantity"};
}

}  // namespace

Result<Quantity> parse_quantity(std::string_view text) {
    if (text.empty()) {
        return format_error();
    }
    const auto parts = split(text);
    const auto unit = parts ? read_suffix(parts->suffix) : std::nullopt;
    if (!unit) {
        return format_error();
    }
    const bool binary = unit->format == Format::binary_si;
    Quantity q;
    q.format_ = unit->format;
    q.negative_ = parts->negative;
    q.exponent_ = -static_cast<std::int64_t>(parts->fraction.size());
    std::string digits = std::string(parts->whole) + std::string(parts->fraction);
    if (binary) {
        for (std::int32_t i = 0; i < unit->exponent; ++i) {
            digits = multiply_digits(digits, "1024");
        }
    } else {
        q.exponent_ += unit->exponent;
    }
    if (is_fast(*parts, *unit)) {
        q.set_digits(std::move(digits));
        if (is_text_kept(*parts, *unit)) {
            q.kept_text_ = text;
        }
        return q;
    }
    if (std::none_of(parts->value.begin(), parts->value.end(), is_digit)) {
        return format_error();
    }
    q.set_digits(std::move(digits));
    q.bound(binary);
    return q;
}

void Quantity::bound(bool binary) {
    if (!is_zero() && exponent_ < kNano) {
        // No zeros end the digits, so what is dropped is never nothing: round away from zero.
        const auto kept = static_cast<std::int64_t>(digits_.size()) - (kNano - exponent_);
        std::string digits =
            digits_.substr(0, static_cast<std::size_t>(std::max<std::int64_t>(kept, 0)));
        increment_digits(digits);
        exponent_ = kNano;
        set_digits(std::move(digits));
    }
    if (!binary) {
        return;
    }
    if (compare_magnitude(kMaxBinary) > 0) {
        digits_ = kMaxBinary;
        exponent_ = 0;
    }
    if (!is_zero() && compare_magnitude("1") < 0) {
        format_ = Format::decimal_si;
    }
}

}  // namespace lws::api
