// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace lws::json {

// Bytes of the character at `at` as RFC 3629 allows it, 0 if it is none. A NUL must stand behind
// the text, and no byte behind that one is read.
[[nodiscard]] inline std::size_t utf8_size(const char* at) {
    const auto byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
    const auto within = [&](std::size_t i, unsigned low, unsigned high) {
        return byte(i) >= low && byte(i) <= high;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    if (lead < 0xE0) {
        return within(1, 0x80, 0xBF) ? 2 : 0;
    }
    if (lead < 0xF0) {
        // No second encoding of what fits two bytes, no surrogates.
        return within(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) &&
                       within(2, 0x80, 0xBF)
                   ? 3
                   : 0;
    }
    // Nothing that fits three bytes, nothing beyond U+10FFFF.
    return within(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) &&
                   within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF)
               ? 4
               : 0;
}

// Writes one character, no surrogate, and returns the place behind it.
[[nodiscard]] inline char* append_utf8(char* out, std::uint32_t code) {
    const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
    const auto put_rest = [&](std::uint32_t shift) { put(0x80U | (code >> shift & 0x3FU)); };
    if (code < 0x80) {
        put(code);
        return out;
    }
    if (code < 0x800) {
        put(0xC0U | code >> 6U);
    } else if (code < 0x10000) {
        put(0xE0U | code >> 12U);
        put_rest(6);
    } else {
        put(0xF0U | code >> 18U);
        put_rest(12);
        put_rest(6);
    }
    put_rest(0);
    return out;
}

}  // namespace lws::json
