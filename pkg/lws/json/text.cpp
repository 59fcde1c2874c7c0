// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/text.hpp"

#include <algorithm>

namespace lws::json {
namespace {

// A lambda, since a pointer to a function would be called for each byte.
constexpr auto kNeedsEscape = [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
};

template <class String>
void append_all(String& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    while (true) {
        const auto odd = std::find_if(text.begin(), text.end(), kNeedsEscape);
        out.append(text.begin(), odd);
        if (odd == text.end()) {
            return;
        }
        const auto byte = static_cast<unsigned char>(*odd);
        if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0xFU];
        } else {
            out += '\\';
            out += *odd;
        }
        text.remove_prefix(static_cast<std::size_t>(odd - text.begin()) + 1);
    }
}

template <class String>
void append_literal(String& out, std::string_view text) {
    out += '"';
    append_all(out, text);
    out += '"';
}

}  // namespace

void append_escaped(Text& out, std::string_view text) {
    append_all(out, text);
}

void append_quoted(Text& out, std::string_view text) {
    append_literal(out, text);
}

void append_quoted(std::string& out, std::string_view text) {
    append_literal(out, text);
}

}  // namespace lws::json
