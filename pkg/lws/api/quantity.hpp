// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/lws/support/result.hpp"

namespace lws::api {

// An amount of a resource as Kubernetes writes it (k8s.io/apimachinery v0.36,
// pkg/api/resource/quantity.go): 500m, 1Gi, 2e3. Exact at any size, never a float. A value;
// distinct objects may be used by distinct threads.
class Quantity {
public:
    // How the number was written, which decides how it is printed.
    enum class Format : std::uint8_t { decimal_exponent, decimal_si, binary_si };

    // Zero, printed `0`. Adding to it takes over the format of what is added.
    Quantity() = default;

    [[nodiscard]] bool is_zero() const { return digits_.empty(); }
    // -1, 0 or 1.
    [[nodiscard]] int sign() const { return is_zero() ? 0 : (negative_ ? -1 : 1); }

    // What Go's String() gives. A text that was parsed and is nearly canonical is kept as it was
    // (`+5`, `1.500`), as Go does; an amount beyond 999E in SI form loses its suffix, as in Go.
    [[nodiscard]] std::string text() const;

    // Exact, unless the two differ by more than 10^4096: then the smaller one is dropped, so that
    // no text can make us hold a number of a billion digits.
    Quantity& operator+=(const Quantity& other);
    Quantity& operator*=(std::int64_t factor);

    friend int compare(const Quantity& a, const Quantity& b);
    friend Result<Quantity> parse_quantity(std::string_view text);

private:
    void set_digits(std::string digits);
    void bound(bool binary);
    [[nodiscard]] int compare_magnitude(std::string_view integer) const;
    [[nodiscard]] std::string decimal_text(Format format) const;
    [[nodiscard]] std::string binary_text() const;

    // |amount| = digits_ * 10^exponent_; digits_ has no zeros at its ends and is empty for zero.
    std::string digits_;
    std::int64_t exponent_ = 0;
    bool negative_ = false;
    Format format_ = Format::decimal_exponent;
    std::string kept_text_;
};

// Compares amounts, not formats: -1, 0 or 1.
[[nodiscard]] int compare(const Quantity& a, const Quantity& b);

// Accepts what Go's ParseQuantity accepts (`.5`, `5.`, `-` and `Ki` are amounts there), rounds away
// from zero to 10^-9 where Go does and caps binary amounts at 2^63 - 1.
[[nodiscard]] Result<Quantity> parse_quantity(std::string_view text);

}  // namespace lws::api
