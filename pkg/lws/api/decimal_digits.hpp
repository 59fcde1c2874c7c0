// SPDX-License-Identifier: Apache-2.0
// Arithmetic on whole numbers of any size, written as decimal digits without sign. Every argument
// holds digits only. Internal to Quantity.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lws::api {

// The product; leading zeros are left in. Empty if a factor is.
[[nodiscard]] std::string multiply_digits(std::string_view a, std::string_view b);

// The sum and, for a >= b, the difference of numbers of one length; leading zeros are left in.
[[nodiscard]] std::string add_digits(std::string_view a, std::string_view b);
[[nodiscard]] std::string subtract_digits(std::string_view a, std::string_view b);

// Adds one; no digits count as 0.
void increment_digits(std::string& digits);

// The quotient, or nothing when there is a remainder or the number is 0.
[[nodiscard]] std::optional<std::string> divide_digits_by_1024(std::string_view digits);

}  // namespace lws::api
