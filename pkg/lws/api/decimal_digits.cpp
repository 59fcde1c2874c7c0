// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/decimal_digits.hpp"

#include <cstddef>

namespace lws::api {

std::string multiply_digits(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) {
        return {};
    }
    std::string product(a.size() + b.size(), '0');
    for (std::size_t i = a.size(); i-- > 0;) {
        int carry = 0;
        for (std::size_t j = b.size(); j-- > 0;) {
            const int sum = (product[i + j + 1] - '0') + (a[i] - '0') * (b[j] - '0') + carry;
            product[i + j + 1] = static_cast<char>('0' + sum % 10);
            carry = sum / 10;
        }
        product[i] = static_cast<char>(product[i] + carry);
    }
    return product;
}

void increment_digits(std::string& digits) {
    for (std::size_t i = digits.size(); i-- > 0;) {
        if (digits[i] != '9') {
            ++digits[i];
            return;
        }
        digits[i] = '0';
    }
    digits.insert(digits.begin(), '1');
}

std::string add_digits(std::string_view a, std::string_view b) {
    std::string sum(a.size() + 1, '0');
    int carry = 0;
    for (std::size_t i = a.size(); i-- > 0;) {
        const int digit = (a[i] - '0') + (b[i] - '0') + carry;
        sum[i + 1] = static_cast<char>('0' + digit % 10);
        carry = digit / 10;
    }
    sum[0] = static_cast<char>('0' + carry);
    return sum;
}

std::string subtract_digits(std::string_view a, std::string_view b) {
    std::string difference(a.size(), '0');
    int borrow = 0;
    for (std::size_t i = a.size(); i-- > 0;) {
        const int digit = (a[i] - '0') - (b[i] - '0') - borrow;
        borrow = digit < 0 ? 1 : 0;
        difference[i] = static_cast<char>('0' + (digit + 10) % 10);
    }
    return difference;
}

std::optional<std::string> divide_digits_by_1024(std::string_view digits) {
    std::string quotient;
    int remainder = 0;
    for (const char c : digits) {
        remainder = remainder * 10 + (c - '0');
        if (!quotient.empty() || remainder >= 1024) {
            quotient.push_back(static_cast<char>('0' + remainder / 1024));
        }
        remainder %= 1024;
    }
    if (remainder != 0 || quotient.empty()) {
        return std::nullopt;
    }
    return quotient;
}

}  // namespace lws::api
