// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lws::json {

struct Unescaped {
    char* text_end = nullptr;     // behind the last byte of the text
    char* next = nullptr;         // behind the closing quote, or where the error is
    std::string_view error = {};  // what is wrong, empty when nothing is
};

// Reads a string from `at`, a byte behind its opening quote, to its closing quote, and puts what
// escapes mean in their place, which never needs more room. Checks UTF-8 and surrogate pairs. A NUL
// stands at `end`.
[[nodiscard]] Unescaped unescape(char* at, const char* end);

}  // namespace lws::json
