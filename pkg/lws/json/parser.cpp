// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/parser.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <memory>

#include "pkg/lws/json/number_range.hpp"
#include "pkg/lws/json/utf8.hpp"

namespace lws::json {
namespace {

using Kind = Node::Kind;

constexpr std::size_t kFirstStack = 64;
// No shorter integer can be beyond the largest double.
constexpr std::ptrdiff_t kLongInteger = 300;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

char* skip_digits(char* at) {
    while (is_digit(*at)) {
        ++at;
    }
    return at;
}

// A byte of a string that stands for itself and needs no further look.
bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// Four hexadecimal digits, or -1.
std::int32_t read_hex(const char* at) {
    std::int32_t code = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = at[i];
        const char letter = static_cast<char>(c | 0x20);
        if (is_digit(c)) {
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

}  // namespace

Parser::Parser(std::string& text, Arena& arena, const ParseLimits& limits)
    : begin_(text.data()),
      end_(text.data() + text.size()),
      at_(text.data()),
      arena_(arena),
      limits_(limits) {}

Result<View> Parser::run() {
    while (read_value() && read_separators()) {
    }
    if (failure_) {
        return *std::move(failure_);
    }
    return View(std::construct_at(arena_.array<Node>(1), stack_[0]));
}

bool Parser::read_value() {
    while (true) {
        skip_blanks();
        if (++values_ > limits_.max_values) {
            return fail_limit("more than ", limits_.max_values, " values");
        }
        switch (*at_) {
            case '"':
                ++at_;
                return read_string();
            case '{':
                if (!open(Kind::object)) {
                    return false;
                }
                if (*at_ != '}') {
                    if (!read_key()) {
                        return false;
                    }
                    continue;
                }
                break;
            case '[':
                if (!open(Kind::array)) {
                    return false;
                }
                if (*at_ != ']') {
                    continue;
                }
                break;
            case 't':
                return read_word("true", Kind::yes);
            case 'f':
                return read_word("false", Kind::no);
            case 'n':
                return read_word("null", Kind::null);
            default:
                return read_number();
        }
        ++at_;
        close();
        return true;
    }
}

bool Parser::read_separators() {
    while (depth_ > 0) {
        skip_blanks();
        const bool object = in_object();
        if (*at_ == ',') {
            ++at_;
            return !object || read_key();
        }
        if (*at_ != (object ? '}' : ']')) {
            return fail(
                at_,
                object ? "Missing a comma or } after an object member."
                       : "Missing a comma or ] after an array element."
            );
        }
        ++at_;
        close();
    }
    skip_blanks();
    if (at_ != end_) {
        fail(at_, "The document root must not be followed by other values.");
    }
    return false;
}

bool Parser::read_key() {
    skip_blanks();
    if (*at_ != '"') {
        return fail(at_, "Missing a name for object member.");
    }
    ++at_;
    if (!read_string()) {
        return false;
    }
    skip_blanks();
    if (*at_ != ':') {
        return fail(at_, "Missing a colon after a name of object member.");
    }
    ++at_;
    return true;
}

bool Parser::read_word(std::string_view word, Kind kind) {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) !=
        word) {
        return fail(at_, "Invalid value.");
    }
    at_ += word.size();
    push(kind, nullptr, 0);
    return true;
}

bool Parser::read_number() {
    char* const text = at_;
    char* at = text + (*text == '-' ? 1 : 0);
    if (!is_digit(*at)) {
        return fail(
            text, text == end_ && values_ == 1 ? "The document is empty." : "Invalid value."
        );
    }
    at = *at == '0' ? at + 1 : skip_digits(at);
    Kind kind = Kind::integer;
    if (*at == '.') {
        kind = Kind::decimal;
        if (!is_digit(*++at)) {
            return fail(at, "Missing fraction part in number.");
        }
        at = skip_digits(at);
    }
    if (*at == 'e' || *at == 'E') {
        kind = Kind::decimal;
        ++at;
        at += *at == '+' || *at == '-' ? 1 : 0;
        if (!is_digit(*at)) {
            return fail(at, "Missing exponent in number.");
        }
        at = skip_digits(at);
    }
    const auto size = static_cast<std::size_t>(at - text);
    if ((kind == Kind::decimal || at - text > kLongInteger) &&
        is_beyond_double(std::string_view(text, size))) {
        return fail(text, "Number too big to be stored in double.");
    }
    push(kind, text, size);
    at_ = at;
    return true;
}

// Behind the opening quote, as the others here.
bool Parser::read_string() {
    char* const text = at_;
    char* const stop = skip_plain(text);
    if (*stop != '"') {
        return read_rest_of_string(text, stop);
    }
    push(Kind::string, text, static_cast<std::size_t>(stop - text));
    at_ = stop + 1;
    return true;
}

// Up to `read` the text stands as it should; what follows moves forward as escapes shrink.
bool Parser::read_rest_of_string(char* text, char* read) {
    char* write = read;
    while (*read != '"') {
        if (*read == '\\') {
            if (!read_escape(read, write)) {
                return false;
            }
        } else {
            const std::size_t size = utf8_size(read);
            if (size == 0 || static_cast<unsigned char>(*read) < 0x20) {
                return fail(
                    read,
                    read == end_ ? "Missing a closing quotation mark in string."
                                 : "Invalid encoding in string."
                );
            }
            write = std::copy_n(read, size, write);
            read += size;
        }
        char* const stop = skip_plain(read);
        write = std::copy(read, stop, write);
        read = stop;
    }
    push(Kind::string, text, static_cast<std::size_t>(write - text));
    at_ = read + 1;
    return true;
}

bool Parser::read_escape(char*& read, char*& write) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (read[1] == 'u') {
        return read_unicode_escape(read, write);
    }
    const auto which = kLetters.find(read[1]);
    if (which == std::string_view::npos) {
        return fail(read, "Invalid escape character in string.");
    }
    *write++ = kMeanings[which];
    read += 2;
    return true;
}

bool Parser::read_unicode_escape(char*& read, char*& write) {
    constexpr std::ptrdiff_t kEscapeSize = 6;  // `\uXXXX`
    const std::int32_t code = read_hex(read + 2);
    if (code < 0) {
        return fail(read, "Incorrect hex digit after \\u escape in string.");
    }
    if (is_low_surrogate(code)) {
        return fail(read, "Half of a surrogate pair.");
    }
    if (!is_high_surrogate(code)) {
        write = append_utf8(write, static_cast<std::uint32_t>(code));
        read += kEscapeSize;
        return true;
    }
    const char* const second = read + kEscapeSize;
    const std::int32_t low = second[0] == '\\' && second[1] == 'u' ? read_hex(second + 2) : -1;
    if (!is_low_surrogate(low)) {
        return fail(read, "Half of a surrogate pair.");
    }
    write = append_utf8(
        write,
        0x10000U + (static_cast<std::uint32_t>(code - 0xD800) << 10U) +
            static_cast<std::uint32_t>(low - 0xDC00)
    );
    read += 2 * kEscapeSize;
    return true;
}

bool Parser::open(Kind kind) {
    if (++depth_ > limits_.max_depth) {
        return fail_limit("nested deeper than ", limits_.max_depth, " levels");
    }
    ++at_;
    push(kind, nullptr, open_);
    open_ = static_cast<std::uint32_t>(stack_size_ - 1);
    skip_blanks();
    return true;
}

void Parser::close() {
    Node& container = stack_[open_];
    const std::size_t count = stack_size_ - open_ - 1;
    Node* children = nullptr;
    if (count > 0) {
        children = arena_.array<Node>(count);
        std::uninitialized_copy_n(&container + 1, count, children);
    }
    stack_size_ = open_ + std::size_t{1};
    open_ = container.size;
    --depth_;
    container.children = children;
    container.size = static_cast<std::uint32_t>(container.kind == Kind::object ? count / 2 : count);
}

void Parser::skip_blanks() {
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') {
        ++at_;
    }
}

// To the next quote, backslash, control or non-ASCII byte. The NUL behind the text is one.
char* Parser::skip_plain(char* at) const {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i blank = _mm_set1_epi8(' ');
    while (end_ - at >= 16) {
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

void Parser::push(Kind kind, const char* text, std::size_t size) {
    if (stack_size_ == stack_capacity_) {
        grow();
    }
    Node& node = stack_[stack_size_++];
    node.text = text;
    node.size = static_cast<std::uint32_t>(size);
    node.kind = kind;
}

void Parser::grow() {
    const std::size_t capacity = std::max(kFirstStack, 2 * stack_capacity_);
    Node* const larger = arena_.array<Node>(capacity);
    std::uninitialized_default_construct_n(larger, capacity);
    std::copy_n(stack_, stack_size_, larger);
    stack_ = larger;
    stack_capacity_ = capacity;
}

// A byte that no text may hold is the better reason.
bool Parser::fail(const char* at, std::string_view why) {
    const std::string offset = std::to_string(at - begin_);
    if (at != end_ && *at == '\0') {
        failure_ = Error(ErrorCode::invalid_input, "NUL byte at offset " + offset);
        return false;
    }
    if (at != end_ && utf8_size(at) == 0) {
        why = "Invalid encoding in string.";
    }
    failure_ =
        Error(ErrorCode::invalid_input, std::string(why) + " At byte offset " + offset + ".");
    return false;
}

bool Parser::fail_limit(std::string_view before, std::size_t limit, std::string_view after) {
    std::string message = "JSON text is ";
    message.append(before).append(std::to_string(limit)).append(after);
    failure_ = Error(ErrorCode::too_large, std::move(message));
    return false;
}

}  // namespace lws::json
