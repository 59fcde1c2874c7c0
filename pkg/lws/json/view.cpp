// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/view.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <memory>
#include <system_error>

namespace lws::json {
namespace {

template <std::integral Integer>
std::optional<Integer> read_integer(std::string_view text) {
    Integer number = 0;
    const char* const first = std::to_address(text.begin());
    const char* const last = first + text.size();
    const auto [stop, error] = std::from_chars(first, last, number);
    return error == std::errc() && stop == last ? std::optional(number) : std::nullopt;
}

// Of the same size.
bool equal_objects(View a, View b) {
    auto other = b.members().begin();
    for (const auto& [key, value] : a.members()) {
        // Mostly the order is the same.
        const auto [other_key, other_value] = *other++;
        if (!equal(value, other_key == key ? other_value : b[key])) {
            return false;
        }
    }
    return true;
}

}  // namespace

View View::operator[](std::string_view key) const {
    if (!is_object()) {
        return {};
    }
    // From the back, so that the last of duplicate keys wins.
    for (std::size_t left = value_->size; left > 0; --left) {
        const Node* const member = value_->children + 2 * (left - 1);
        if (member->view() == key) {
            return View(member + 1);
        }
    }
    return {};
}

std::optional<std::int64_t> View::int64() const {
    return is(Kind::integer) ? read_integer<std::int64_t>(value_->view()) : std::nullopt;
}

std::optional<std::uint64_t> View::uint64() const {
    return is(Kind::integer) ? read_integer<std::uint64_t>(value_->view()) : std::nullopt;
}

std::optional<double> View::number() const {
    if (!is_number()) {
        return std::nullopt;
    }
    const auto text = value_->view();
    double number = 0.0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) {
        // Too small: the parser lets no larger one pass.
        return std::copysign(0.0, text.starts_with('-') ? -1.0 : 1.0);
    }
    return number;
}

std::string_view View::type_name() const {
    if (!exists()) {
        return "nothing";
    }
    switch (value_->kind) {
        case Kind::null:
            return "null";
        case Kind::no:
        case Kind::yes:
            return "bool";
        case Kind::object:
            return "object";
        case Kind::array:
            return "array";
        case Kind::string:
            return "string";
        case Kind::integer:
        case Kind::decimal:
            return "number";
    }
    return "nothing";
}

bool equal(View a, View b) {
    if (a.is_number() && b.is_number()) {
        const auto fits = [](View number) { return number.int64() || number.uint64(); };
        if (!fits(a) || !fits(b)) {
            return a.number() == b.number();
        }
        return a.int64() == b.int64() && (a.int64() || a.uint64() == b.uint64());
    }
    if (a.type_name() != b.type_name() || a.size() != b.size()) {
        return false;
    }
    if (a.is_object()) {
        return equal_objects(a, b);
    }
    const auto items = a.items();
    const auto others = b.items();
    return a.string() == b.string() && a.boolean() == b.boolean() &&
           std::equal(items.begin(), items.end(), others.begin(), others.end(), equal);
}

}  // namespace lws::json
