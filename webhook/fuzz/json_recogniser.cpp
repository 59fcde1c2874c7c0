// SPDX-License-Identifier: Apache-2.0
#include "webhook/fuzz/json_recogniser.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>

namespace lws::webhook::fuzz {
namespace {

// By recursive descent; `at_` is the next byte.
class Recogniser {
public:
    Recogniser(std::string_view text, int max_depth) : text_(text), max_depth_(max_depth) {}

    Verdict run() {
        if (!is_utf8(text_)) {
            return Verdict::no_json;
        }
        skip_blanks();
        if (!value(0)) {
            return Verdict::no_json;
        }
        skip_blanks();
        if (at_ != text_.size()) {
            return Verdict::no_json;
        }
        return huge_number_ ? Verdict::either : Verdict::json;
    }

private:
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(char c) {
        if (peek() != c || at_ == text_.size()) {
            return false;
        }
        ++at_;
        return true;
    }

    bool take(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) {
            return false;
        }
        at_ += word.size();
        return true;
    }

    void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    bool value(int depth) {
        switch (peek()) {
            case '{':
                return depth < max_depth_ && object(depth + 1);
            case '[':
                return depth < max_depth_ && array(depth + 1);
            case '"':
                return string();
            case 't':
                return take("true");
            case 'f':
                return take("false");
            case 'n':
                return take("null");
            default:
                return number();
        }
    }

    bool object(int depth) {
        take('{');
        skip_blanks();
        if (take('}')) {
            return true;
        }
        do {
            skip_blanks();
            if (!string()) {
                return false;
            }
            skip_blanks();
            if (!take(':')) {
                return false;
            }
            skip_blanks();
            if (!value(depth)) {
                return false;
            }
            skip_blanks();
        } while (take(','));
        return take('}');
    }

    bool array(int depth) {
        take('[');
        skip_blanks();
        if (take(']')) {
            return true;
        }
        do {
            skip_blanks();
            if (!value(depth)) {
                return false;
            }
            skip_blanks();
        } while (take(','));
        return take(']');
    }

    // -1 when there are no four hexadecimal digits.
    int hex4() {
        int code = -1;
        const auto digits = text_.substr(at_, 4);
        if (digits.size() == 4 &&
            digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos) {
            std::from_chars(digits.data(), digits.data() + 4, code, 16);
            at_ += 4;
        }
        return code;
    }

    bool escape() {
        if (take('u')) {
            const int first = hex4();
            if (first < 0xD800 || first > 0xDFFF) {
                return first >= 0;
            }
            if (first >= 0xDC00 || !take("\\u")) {
                return false;
            }
            const int second = hex4();
            return second >= 0xDC00 && second <= 0xDFFF;
        }
        constexpr std::string_view kSimple = "\"\\/bfnrt";
        const bool known = at_ < text_.size() && kSimple.find(peek()) != std::string_view::npos;
        ++at_;
        return known;
    }

    bool string() {
        if (!take('"')) {
            return false;
        }
        while (at_ < text_.size() && peek() != '"') {
            if (static_cast<unsigned char>(peek()) < 0x20) {
                return false;
            }
            const bool escaped = take('\\');
            if (escaped ? !escape() : (++at_, false)) {
                return false;
            }
        }
        return take('"');
    }

    bool digits() {
        const auto start = at_;
        at_ = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
        return at_ > start;
    }

    bool number() {
        const auto start = at_;
        take('-');
        if (!take('0') && !digits()) {
            return false;
        }
        if (take('.') && !digits()) {
            return false;
        }
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            const auto exponent = at_;
            if (!digits()) {
                return false;
            }
            // A reader may refuse it by its exponent alone, even 0e400.
            huge_number_ = huge_number_ || at_ - exponent > 2;
        }
        double parsed = 0.0;
        const auto result = std::from_chars(text_.data() + start, text_.data() + at_, parsed);
        huge_number_ = huge_number_ || result.ec != std::errc() || std::isinf(parsed);
        return true;
    }

    std::string_view text_;
    int max_depth_;
    std::size_t at_ = 0;
    bool huge_number_ = false;
};

}  // namespace

Verdict recognise_json(std::string_view text, int max_depth) {
    return Recogniser(text, max_depth).run();
}

bool is_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto byte = [&](std::size_t i) {
            return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
        };
        const unsigned first = byte(0);
        const std::size_t more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if ((first >= 0x80 && first < 0xC2) || first > 0xF4) {
            return false;
        }
        unsigned code = more == 0 ? first : first & (0x3FU >> more);
        for (std::size_t i = 1; i <= more; ++i) {
            if ((byte(i) & 0xC0U) != 0x80U) {
                return false;
            }
            code = code << 6U | (byte(i) & 0x3FU);
        }
        const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
        if (overlong || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
            return false;
        }
        at += more + 1;
    }
    return true;
}

}  // namespace lws::webhook::fuzz
