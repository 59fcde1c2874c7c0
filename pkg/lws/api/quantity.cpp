// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/quantity.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "pkg/lws/api/decimal_digits.hpp"
#include "pkg/lws/api/quantity_suffixes.hpp"

namespace lws::api {
namespace {

constexpr std::int64_t kMaxSpread = 4096;

}  // namespace

void Quantity::set_digits(std::string digits) {
    const std::size_t last = digits.find_last_not_of('0');
    if (last == std::string::npos) {
        digits_.clear();
        exponent_ = 0;
        negative_ = false;
        return;
    }
    exponent_ += static_cast<std::int64_t>(digits.size() - 1 - last);
    digits.resize(last + 1);
    digits.erase(0, digits.find_first_not_of('0'));
    digits_ = std::move(digits);
}

int Quantity::compare_magnitude(std::string_view integer) const {
    Quantity other;
    other.set_digits(std::string(integer));
    Quantity mine;
    mine.digits_ = digits_;
    mine.exponent_ = exponent_;
    return compare(mine, other);
}

int compare(const Quantity& a, const Quantity& b) {
    if (a.sign() != b.sign() || a.is_zero()) {
        return a.sign() < b.sign() ? -1 : (a.sign() > b.sign() ? 1 : 0);
    }
    const auto top_a = a.exponent_ + static_cast<std::int64_t>(a.digits_.size());
    const auto top_b = b.exponent_ + static_cast<std::int64_t>(b.digits_.size());
    if (top_a != top_b) {
        return (top_a < top_b ? -1 : 1) * a.sign();
    }
    // Digits have no zeros at their ends, so texts of equal weight compare as numbers do.
    const int order = a.digits_.compare(b.digits_);
    return (order < 0 ? -1 : (order > 0 ? 1 : 0)) * a.sign();
}

Quantity& Quantity::operator+=(const Quantity& other) {
    kept_text_.clear();
    if (is_zero()) {
        format_ = other.format_;
    }
    if (other.is_zero()) {
        return *this;
    }
    const std::int64_t low = std::min(exponent_, other.exponent_);
    const std::int64_t high = std::max(
        exponent_ + static_cast<std::int64_t>(digits_.size()),
        other.exponent_ + static_cast<std::int64_t>(other.digits_.size())
    );
    const Format format = format_;
    if (is_zero() || high - low > kMaxSpread + static_cast<std::int64_t>(
                                                   std::max(digits_.size(), other.digits_.size())
                                               )) {
        Quantity magnitude = other;
        magnitude.negative_ = negative_;
        const bool other_is_larger = compare(magnitude, *this) * (negative_ ? -1 : 1) > 0;
        if (is_zero() || other_is_larger) {
            *this = other;
            kept_text_.clear();
            format_ = format;
        }
        return *this;
    }
    const auto aligned = [&](const Quantity& q) {
        std::string digits = q.digits_;
        digits.append(static_cast<std::size_t>(q.exponent_ - low), '0');
        digits.insert(0, static_cast<std::size_t>(high - low) - digits.size(), '0');
        return digits;
    };
    const std::string mine = aligned(*this);
    const std::string theirs = aligned(other);
    exponent_ = low;
    if (negative_ == other.negative_) {
        set_digits(add_digits(mine, theirs));
    } else if (mine >= theirs) {
        set_digits(subtract_digits(mine, theirs));
    } else {
        negative_ = other.negative_;
        set_digits(subtract_digits(theirs, mine));
    }
    return *this;
}

Quantity& Quantity::operator*=(std::int64_t factor) {
    kept_text_.clear();
    const bool flip = factor < 0;
    std::string number = std::to_string(factor);
    if (flip) {
        number.erase(0, 1);
        negative_ = !negative_;
    }
    set_digits(multiply_digits(digits_, number));
    return *this;
}

std::string Quantity::text() const {
    if (!kept_text_.empty()) {
        return kept_text_;
    }
    if (is_zero()) {
        return "0";
    }
    if (format_ != Format::binary_si) {
        return decimal_text(format_);
    }
    if (exponent_ < 0 || compare_magnitude("1024") < 0) {
        return decimal_text(Format::decimal_si);
    }
    // Only sums and products get here with so many digits, and Go's text of them is of no use.
    const bool long_number = exponent_ + static_cast<std::int64_t>(digits_.size()) > kMaxSpread;
    return long_number ? decimal_text(Format::decimal_exponent) : binary_text();
}

std::string Quantity::decimal_text(Format format) const {
    std::string out = negative_ ? "-" : "";
    out += digits_;
    std::int64_t exponent = exponent_;
    while (exponent % 3 != 0) {
        out.push_back('0');
        --exponent;
    }
    if (format == Format::decimal_exponent) {
        return exponent == 0 ? out : out + "e" + std::to_string(exponent);
    }
    for (const auto& known : kDecimalSuffixes) {
        if (known.exponent == exponent) {
            return out.append(known.text);
        }
    }
    return out;
}

std::string Quantity::binary_text() const {
    std::string digits = digits_;
    digits.append(static_cast<std::size_t>(exponent_), '0');
    std::size_t power = 0;
    while (auto quotient = divide_digits_by_1024(digits)) {
        digits = std::move(*quotient);
        ++power;
    }
    // Go removes every factor of 1024 and prints no suffix beyond Ei.
    const std::string_view suffix = power < kBinarySuffixes.size() ? kBinarySuffixes[power] : "";
    return (negative_ ? "-" : "") + digits.append(suffix);
}

}  // namespace lws::api
