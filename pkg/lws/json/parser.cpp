// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/parser.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <type_traits>

#include "pkg/lws/json/number_range.hpp"
#include "pkg/lws/json/plain_bytes.hpp"
#include "pkg/lws/json/unescape.hpp"
#include "pkg/lws/json/utf8.hpp"

namespace lws::json {
namespace {

using Kind = Node::Kind;

constexpr std::size_t kFirstStack = 64;
constexpr std::size_t kMaxArenaStack = 4096;
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
    char* const stop = skip_plain(text, end_);
    if (*stop == '"') {
        push(Kind::string, text, static_cast<std::size_t>(stop - text));
        at_ = stop + 1;
        return true;
    }
    const auto rest = unescape(stop, end_);
    if (!rest.error.empty()) {
        return fail(rest.next, rest.error);
    }
    push(Kind::string, text, static_cast<std::size_t>(rest.text_end - text));
    at_ = rest.next;
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
    Node* larger = nullptr;
    if (capacity <= kMaxArenaStack) {
        larger = arena_.array<Node>(capacity);
        std::uninitialized_copy_n(stack_, stack_size_, larger);
    } else {
        static_assert(std::is_trivially_copyable_v<Node>);
        Node* const before = heap_stack_.release();
        larger = static_cast<Node*>(std::realloc(before, capacity * sizeof(Node)));
        heap_stack_.reset(larger == nullptr ? before : larger);
        if (larger == nullptr) {
            throw std::bad_alloc();
        }
        if (before == nullptr) {
            std::uninitialized_copy_n(stack_, stack_size_, larger);
        }
    }
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
