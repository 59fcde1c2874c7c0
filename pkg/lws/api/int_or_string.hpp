// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/json/view.hpp"

namespace lws::api {

enum class Rounding : std::uint8_t { down, up };

// A count, or a share of a total written `30%`: the raw value as the object holds it. Any text is
// kept, valid or not, because an object may have been stored before a rule forbade it.
class IntOrString {
public:
    IntOrString() = default;
    explicit IntOrString(std::int32_t number) : number_(number) {}
    explicit IntOrString(std::string text) : text_(std::move(text)), is_text_(true) {}

    // Absent and null count as the integer 0, as Go decodes them; so does a value of another type.
    [[nodiscard]] static IntOrString from(json::View value);

    [[nodiscard]] bool is_text() const { return is_text_; }
    [[nodiscard]] std::int32_t number() const { return number_; }
    [[nodiscard]] const std::string& text() const { return text_; }

    // The count, or the share of `total`. Nothing when the text has no `%` at its end or no int64
    // before it; a sign and values over 100 % are accepted. Source: apimachinery v0.36
    // util/intstr, GetScaledValueFromIntOrPercent.
    [[nodiscard]] std::optional<std::int64_t> scaled(std::int64_t total, Rounding rounding) const;

    friend bool operator==(const IntOrString&, const IntOrString&) = default;

private:
    std::string text_;
    std::int32_t number_ = 0;
    bool is_text_ = false;
};

// Decimal digits with an optional minus, all of the text, within int64.
[[nodiscard]] std::optional<std::int64_t> parse_decimal(std::string_view text);

// The number before the `%` that ends `text`, by the rules of Go's strconv.Atoi: an optional sign
// and decimal digits within int64, nothing else.
[[nodiscard]] std::optional<std::int64_t> percent_value(std::string_view text);

// `[0-9]+%` and nothing else (apimachinery v0.36 util/validation, IsValidPercent).
[[nodiscard]] bool is_valid_percent(std::string_view text);

}  // namespace lws::api
