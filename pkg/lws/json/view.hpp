// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidjson/fwd.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace lws::json {

class Items;
class Members;

// A read-only look at one JSON value of a Document: one pointer, copied freely, valid as long as
// that Document. Missing propagates: view["a"]["b"] never fails, exists() says what came of it.
// Any thread may read one Document; nobody can write one.
class View {
public:
    View() = default;
    explicit View(const rapidjson::Value* value) : value_(value) {}

    [[nodiscard]] bool exists() const { return value_ != nullptr; }
    [[nodiscard]] bool is_null() const;
    // Kubernetes treats an absent member and a null one alike nearly everywhere.
    [[nodiscard]] bool absent_or_null() const { return !exists() || is_null(); }
    [[nodiscard]] bool is_object() const;
    [[nodiscard]] bool is_array() const;
    [[nodiscard]] bool is_string() const;
    [[nodiscard]] bool is_bool() const;
    [[nodiscard]] bool is_number() const;
    // An integer that fits int64; 1.0 and 1e2 are numbers and no integers, as in Go.
    [[nodiscard]] bool is_int64() const;

    // The member, or a missing view. Of duplicate keys the last wins, as in Go's encoding/json.
    [[nodiscard]] View operator[](std::string_view key) const;
    [[nodiscard]] View at(std::size_t index) const;
    // Members of an object or elements of an array; 0 for anything else.
    [[nodiscard]] std::size_t size() const;

    [[nodiscard]] std::optional<std::string_view> string() const;
    [[nodiscard]] std::string_view string_or(std::string_view fallback) const;
    [[nodiscard]] std::optional<std::int64_t> int64() const;
    [[nodiscard]] std::int64_t int64_or(std::int64_t fallback) const;
    [[nodiscard]] std::optional<std::uint64_t> uint64() const;
    [[nodiscard]] std::optional<double> number() const;
    [[nodiscard]] std::optional<bool> boolean() const;
    [[nodiscard]] bool bool_or(bool fallback) const;

    // Empty ranges when this is not an object or an array.
    [[nodiscard]] Members members() const;
    [[nodiscard]] Items items() const;

    // `object`, `array`, `string`, `number`, `bool`, `null` or `nothing`, for error texts.
    [[nodiscard]] std::string_view type_name() const;

    // For json/ itself only.
    [[nodiscard]] const rapidjson::Value* raw() const { return value_; }

private:
    const rapidjson::Value* value_ = nullptr;
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
        explicit Iterator(const rapidjson::Value* at) : at_(at) {}
        View operator*() const { return View(at_); }
        Iterator& operator++();
        Iterator operator++(int) {
            auto old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const rapidjson::Value* at_ = nullptr;
    };

    Items(const rapidjson::Value* first, const rapidjson::Value* last)
        : first_(first), last_(last) {}
    [[nodiscard]] Iterator begin() const { return Iterator(first_); }
    [[nodiscard]] Iterator end() const { return Iterator(last_); }

private:
    const rapidjson::Value* first_;
    const rapidjson::Value* last_;
};

class Members {
public:
    class Iterator {
    public:
        using value_type = Member;
        using difference_type = std::ptrdiff_t;
        Iterator() = default;
        explicit Iterator(const void* at) : at_(at) {}
        Member operator*() const;
        Iterator& operator++();
        Iterator operator++(int) {
            auto old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const void* at_ = nullptr;
    };

    Members(const void* first, const void* last) : first_(first), last_(last) {}
    [[nodiscard]] Iterator begin() const { return Iterator(first_); }
    [[nodiscard]] Iterator end() const { return Iterator(last_); }

private:
    const void* first_;
    const void* last_;
};

}  // namespace lws::json
