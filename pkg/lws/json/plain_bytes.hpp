// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>

namespace lws::json {

// A byte of a string that stands for itself and needs no further look.
[[nodiscard]] inline bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// To the next quote, backslash, control or non-ASCII byte at or behind `at`. A NUL stands at `end`,
// and is one.
[[nodiscard]] inline char* skip_plain(char* at, const char* end) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i blank = _mm_set1_epi8(' ');
    while (end - at >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        // Signed: the bytes of non-ASCII characters are below the blank as well.
        const __m128i special = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
            _mm_cmplt_epi8(bytes, blank)
        );
        if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special)); mask != 0) {
            return at + std::countr_zero(mask);
        }
        at += 16;
    }
#endif
    while (is_plain(*at)) {
        ++at;
    }
    return at;
}

}  // namespace lws::json
