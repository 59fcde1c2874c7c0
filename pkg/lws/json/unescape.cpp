// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/unescape.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pkg/lws/json/plain_bytes.hpp"
#include "pkg/lws/json/utf8.hpp"

namespace lws::json {
namespace {

constexpr std::string_view kHalfPair = "Half of a surrogate pair.";
constexpr std::ptrdiff_t kUnicodeEscape = 6;  // `\uXXXX`

// Four hexadecimal digits, or -1.
std::int32_t read_hex(const char* at) {
    std::int32_t code = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = at[i];
        const char letter = static_cast<char>(c | 0x20);
        if (c >= '0' && c <= '9') {
            code = code * 16 + (c - '0');
        } else if (letter >= 'a' && letter <= 'f') {
            code = code * 16 + (letter - 'a' + 10);
        } else {
            return -1;
        }
    }
    return code;
}

bool is_high_surrogate(std::int32_t code) {
    return code >= 0xD800 && code <= 0xDBFF;
}

bool is_low_surrogate(std::int32_t code) {
    return code >= 0xDC00 && code <= 0xDFFF;
}

// Both read the escape at `read` and write at `write`, move both on, and return what is wrong.
std::string_view read_unicode_escape(char*& read, char*& write) {
    const std::int32_t code = read_hex(read + 2);
    if (code < 0) {
        return "Incorrect hex digit after \\u escape in string.";
    }
    if (is_low_surrogate(code)) {
        return kHalfPair;
    }
    if (!is_high_surrogate(code)) {
        write = append_utf8(write, static_cast<std::uint32_t>(code));
        read += kUnicodeEscape;
        return {};
    }
    const char* const second = read + kUnicodeEscape;
    const std::int32_t low = second[0] == '\\' && second[1] == 'u' ? read_hex(second + 2) : -1;
    if (!is_low_surrogate(low)) {
        return kHalfPair;
    }
    const auto high_bits = static_cast<std::uint32_t>(code - 0xD800) << 10U;
    write = append_utf8(write, 0x10000U + high_bits + static_cast<std::uint32_t>(low - 0xDC00));
    read += 2 * kUnicodeEscape;
    return {};
}

std::string_view read_escape(char*& read, char*& write) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (read[1] == 'u') {
        return read_unicode_escape(read, write);
    }
    const auto which = kLetters.find(read[1]);
    if (which == std::string_view::npos) {
        return "Invalid escape character in string.";
    }
    *write++ = kMeanings[which];
    read += 2;
    return {};
}

}  // namespace

Unescaped unescape(char* at, const char* end) {
    char* read = at;
    char* write = at;
    while (*read != '"') {
        if (*read == '\\') {
            if (const auto error = read_escape(read, write); !error.empty()) {
                return {write, read, error};
            }
        } else {
            const std::size_t size = utf8_size(read);
            if (size == 0 || static_cast<unsigned char>(*read) < 0x20) {
                return {
                    write,
                    read,
                    read == end ? "Missing a closing quotation mark in string."
                                : "Invalid encoding in string."
                };
            }
            write = std::copy_n(read, size, write);
            read += size;
        }
        char* const stop = skip_plain(read, end);
        write = std::copy(read, stop, write);
        read = stop;
    }
    return {write, read + 1, {}};
}

}  // namespace lws::json
