// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/go_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory_resource>

namespace lws::api {
namespace {

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

constexpr Range kPrintable[] = {
#include "pkg/lws/api/go_printable.inc"
};

struct Rune {
    std::uint32_t code;
    std::size_t bytes;
    bool valid;
};

// One code point from the front of a text that is not empty; a broken sequence is one invalid byte.
Rune first_rune(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) {
        return {lead, 1, false};
    }
    std::uint32_t code = lead & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) {
            return {lead, 1, false};
        }
        code = (code << 6U) | (byte(i) & 0x3fU);
    }
    constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < kSmallest[bytes] || code > 0x10ffff || is_surrogate) {
        return {lead, 1, false};
    }
    return {code, bytes, true};
}

bool is_printable(std::uint32_t code) {
    if (code < 0x80) {
        return code >= 0x20 && code != 0x7f;
    }
    const auto* const after = std::upper_bound(
        std::begin(kPrintable),
        std::end(kPrintable),
        code,
        [](std::uint32_t value, const Range& range) { return value < range.first; }
    );
    return after != std::begin(kPrintable) && code <= std::prev(after)->last;
}

void append_hex(
    std::pmr::string& out, std::string_view prefix, std::uint32_t value, unsigned digits
) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += prefix;
    while (digits > 0) {
        --digits;
        out += kHex[(value >> (4 * digits)) & 0xfU];
    }
}

// The letter of a short escape, or 0. Go's %q knows \a and \v, its JSON does not.
char short_escape(std::uint32_t code) {
    switch (code) {
        case '"':
        case '\\':
            return static_cast<char>(code);
        case '\b':
            return 'b';
        case '\f':
            return 'f';
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        default:
            return 0;
    }
}

void append_quoted_rune(std::pmr::string& out, const Rune& rune, std::string_view bytes) {
    char letter = short_escape(rune.code);
    if (rune.code == '\a' || rune.code == '\v') {
        letter = rune.code == '\a' ? 'a' : 'v';
    }
    if (letter != 0) {
        out += '\\';
        out += letter;
    } else if (!rune.valid || rune.code < 0x20 || rune.code == 0x7f) {
        append_hex(out, "\\x", rune.code, 2);
    } else if (is_printable(rune.code)) {
        out += bytes;
    } else if (rune.code < 0x10000) {
        append_hex(out, "\\u", rune.code, 4);
    } else {
        append_hex(out, "\\U", rune.code, 8);
    }
}

bool is_html(std::uint32_t code) {
    return code == '<' || code == '>' || code == '&' || code == 0x2028 || code == 0x2029;
}

void append_json_rune(std::pmr::string& out, const Rune& rune, std::string_view bytes) {
    if (const char letter = short_escape(rune.code); letter != 0) {
        out += '\\';
        out += letter;
    } else if (!rune.valid) {
        out += "\\ufffd";
    } else if (rune.code < 0x20 || is_html(rune.code)) {
        append_hex(out, "\\u", rune.code, 4);
    } else {
        out += bytes;
    }
}

using AppendRune = void (*)(std::pmr::string&, const Rune&, std::string_view);

std::pmr::string in_quotes(
    std::string_view text, AppendRune append, std::pmr::memory_resource* memory
) {
    std::pmr::string out(memory);
    out.reserve(text.size() + 2);
    out += '"';
    while (!text.empty()) {
        const Rune rune = first_rune(text);
        append(out, rune, text.substr(0, rune.bytes));
        text.remove_prefix(rune.bytes);
    }
    out += '"';
    return out;
}

}  // namespace

std::string_view go_quote(std::string_view text, Arena& arena) {
    return join(arena, {in_quotes(text, append_quoted_rune, &arena)});
}

std::string go_quote(std::string_view text) {
    return std::string(in_quotes(text, append_quoted_rune, std::pmr::get_default_resource()));
}

std::string_view go_json_string(std::string_view text, Arena& arena) {
    return join(arena, {in_quotes(text, append_json_rune, &arena)});
}

}  // namespace lws::api
