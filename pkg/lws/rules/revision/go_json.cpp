// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/revision/go_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>

namespace lws::rules {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"':
        case '\\':
            out.push_back('\\');
            out.push_back(c);
            return;
        case '\b':
            out.append("\\b");
            return;
        case '\f':
            out.append("\\f");
            return;
        case '\n':
            out.append("\\n");
            return;
        case '\r':
            out.append("\\r");
            return;
        case '\t':
            out.append("\\t");
            return;
        default:
            break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '<' && c != '>' && c != '&') {
        out.push_back(c);
        return;
    }
    out.append("\\u00");
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 0xFU]);
}

void append_object(std::string& out, json::View object) {
    out.push_back('{');
    bool first = true;
    for (const json::Member& member : sorted_members(object)) {
        if (!first) {
            out.push_back(',');
        }
        first = false;
        append_go_string(out, member.key);
        out.push_back(':');
        append_go_value(out, member.value);
    }
    out.push_back('}');
}

void append_array(std::string& out, json::View array) {
    out.push_back('[');
    bool first = true;
    for (const json::View item : array.items()) {
        if (!first) {
            out.push_back(',');
        }
        first = false;
        append_go_value(out, item);
    }
    out.push_back(']');
}

}  // namespace

void append_go_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (std::size_t i = 0; i < text.size(); ++i) {
        // U+2028 and U+2029 end lines in JavaScript, so Go escapes them, too.
        const std::string_view separator = text.substr(i, 3);
        if (separator == "\xE2\x80\xA8" || separator == "\xE2\x80\xA9") {
            out.append(separator.back() == '\xA8' ? "\\u2028" : "\\u2029");
            i += 2;
            continue;
        }
        append_ascii(out, text[i]);
    }
    out.push_back('"');
}

std::string go_number(double number) {
    // Digits and exponent come from to_chars; its fixed form would print digits beyond the shortest
    // where Go prints zeros.
    std::array<char, 32> buffer{};
    const auto printed = std::to_chars(
        buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific
    );
    const std::string_view text(
        buffer.data(), static_cast<std::size_t>(printed.ptr - buffer.data())
    );
    const std::size_t e = text.find('e');
    const std::string sign = text.front() == '-' ? "-" : "";
    std::string digits;
    std::copy_if(
        text.begin() + static_cast<std::ptrdiff_t>(sign.size()),
        text.begin() + static_cast<std::ptrdiff_t>(e),
        std::back_inserter(digits),
        [](char c) { return c != '.'; }
    );
    int exponent = 0;
    const std::size_t exponent_at = text[e + 1] == '+' ? e + 2 : e + 1;
    std::from_chars(text.data() + exponent_at, text.data() + text.size(), exponent);
    const double magnitude = std::fabs(number);
    if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) {
        if (digits.size() > 1) {
            digits.insert(1, ".");
        }
        return sign + digits + (exponent < 0 ? "e" : "e+") + std::to_string(exponent);
    }
    if (exponent < 0) {
        return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    }
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) {
        return sign + digits + std::string(whole - digits.size(), '0');
    }
    return sign + digits.insert(whole, ".");
}

void append_go_value(std::string& out, json::View value) {
    if (value.is_object()) {
        append_object(out, value);
    } else if (value.is_array()) {
        append_array(out, value);
    } else if (const auto text = value.string()) {
        append_go_string(out, *text);
    } else if (const auto number = value.number()) {
        out.append(go_number(*number));
    } else if (const auto flag = value.boolean()) {
        out.append(*flag ? "true" : "false");
    } else {
        out.append("null");
    }
}

std::vector<json::Member> sorted_members(json::View object) {
    std::vector<json::Member> members;
    members.reserve(object.size());
    for (const json::Member member : object.members()) {
        members.push_back(member);
    }
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
        return a.key < b.key;
    });
    // Backwards, so that the last of equal keys comes first and stays.
    const auto kept =
        std::unique(members.rbegin(), members.rend(), [](const auto& a, const auto& b) {
            return a.key == b.key;
        });
    members.erase(members.begin(), kept.base());
    return members;
}

}  // namespace lws::rules
