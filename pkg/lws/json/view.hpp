// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace lws::json {

class Items;
class Members;

// One value of a parsed text, 16 bytes. Made by the parser, read by View; nothing else touches it.
struct Node {
    enum class Kind : std::uint8_t { null, no, yes, integer, decimal, string, array, object };

    union {
        const char* text = nullptr;  // of a string, unescaped, and of a number, as written
        const Node* children;        // elements of an array; key, value, key, value … of an object
    };
    std::uint32_t size = 0;  // bytes of a text, elements of an array, members of an object
    Kind kind = Kind::null;

    [[nodiscard]] std::string_view view() const { return {text, size}; }
};

// A read-only look at one JSON value of a parsed text: one pointer, copied freely, valid as long as
// that text's Document or Arena. Missing propagates: view["a"]["b"] never fails, exists() says what
// came of it. Any thread may read one Document; nobody can write one.
class View {
public:
    using Kind = Node::Kind;

    View() = default;
    explicit View(const Node* value) : value_(value) {}

    [[nodiscard]] bool exists() const { return value_ != nullptr; }
    [[nodiscard]] bool is_null() const { return is(Kind::null); }
    // Kubernetes treats an absent member and a null one alike nearly everywhere.
    [[nodiscard]] bool absent_or_null() const { return !exists() || is_null(); }
    [[nodiscard]] bool is_object() const { return is(Kind::object); }
    [[nodiscard]] bool is_array() const { return is(Kind::array); }
    [[nodiscard]] bool is_string() const { return is(Kind::string); }
    [[nodiscard]] bool is_bool() const { return is(Kind::no) || is(Kind::yes); }
    [[nodiscard]] bool is_number() const { return is(Kind::integer) || is(Kind::decimal); }
    // An integer that fits int64; 1.0 and 1e2 are numbers and no integers, as in Go.
    [[nodiscard]] bool is_int64() const { return int64().has_value(); }

    // The member, or a missing view. Of duplicate keys the last wins, as in Go's encoding/json.
    [[nodiscard]] View operator[](std::string_view key) const;
    [[nodiscard]] View at(std::size_t index) const {
        return is_array() && index < value_->size ? View(value_->children + index) : View();
    }
    // Members of an object or elements of an array; 0 for anything else.
    [[nodiscard]] std::size_t size() const { return is_object() || is_array() ? value_->size : 0; }

    [[nodiscard]] std::optional<std::string_view> string() const {
        return is_string() ? std::optional(value_->view()) : std::nullopt;
    }
    [[nodiscard]] std::string_view string_or(std::string_view fallback) const {
        return is_string() ? value_->view() : fallback;
    }
    [[nodiscard]] std::optional<std::int64_t> int64() const;
    [[nodiscard]] std::int64_t int64_or(std::int64_t fallback) const {
        return int64().value_or(fallback);
    }
    // Of an integer that is not negative.
    [[nodiscard]] std::optional<std::uint64_t> uint64() const;
    // The nearest double. No number of a parsed text is beyond the largest.
    [[nodiscard]] std::optional<double> number() const;
    [[nodiscard]] std::optional<bool> boolean() const {
        return is_bool() ? std::optional(is(Kind::yes)) : std::nullopt;
    }
    [[nodiscard]] bool bool_or(bool fallback) const { return boolean().value_or(fallback); }

    // Empty ranges when this is not an object or an array.
    [[nodiscard]] Members members() const;
    [[nodiscard]] Items items() const;

    // `object`, `array`, `string`, `number`, `bool`, `null` or `nothing`, for error texts.
    [[nodiscard]] std::string_view type_name() const;

private:
    [[nodiscard]] bool is(Kind kind) const { return value_ != nullptr && value_->kind == kind; }

    const Node* value_ = nullptr;
};

// Deep equality of values: member order does not matter, numbers compare by value.
[[nodiscard]] bool equal(View a, View b);

struct Member {
    std::string_view key;
    View value;
};

class Items {
public:
    class Iterator {
    public:
        using value_type = View;
        using difference_type = std::ptrdiff_t;
        Iterator() = default;
        explicit Iterator(const Node* at) : at_(at) {}
        View operator*() const { return View(at_); }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        Iterator operator++(int) {
            auto old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const Node* at_ = nullptr;
    };

    Items() = default;
    Items(const Node* first, std::size_t size) : first_(first), last_(first + size) {}
    [[nodiscard]] Iterator begin() const { return Iterator(first_); }
    [[nodiscard]] Iterator end() const { return Iterator(last_); }

private:
    const Node* first_ = nullptr;
    const Node* last_ = nullptr;
};

class Members {
public:
    class Iterator {
    public:
        using value_type = Member;
        using difference_type = std::ptrdiff_t;
        Iterator() = default;
        explicit Iterator(const Node* at) : at_(at) {}
        Member operator*() const { return {at_->view(), View(at_ + 1)}; }
        Iterator& operator++() {
            at_ += 2;
            return *this;
        }
        Iterator operator++(int) {
            auto old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const Node* at_ = nullptr;
    };

    Members() = default;
    Members(const Node* first, std::size_t size) : first_(first), last_(first + 2 * size) {}
    [[nodiscard]] Iterator begin() const { return Iterator(first_); }
    [[nodiscard]] Iterator end() const { return Iterator(last_); }

private:
    const Node* first_ = nullptr;
    const Node* last_ = nullptr;
};

inline Members View::members() const {
    return is_object() ? Members(value_->children, value_->size) : Members();
}

inline Items View::items() const {
    return is_array() ? Items(value_->children, value_->size) : Items();
}

}  // namespace lws::json
