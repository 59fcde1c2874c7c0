// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/field_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "pkg/lws/json/writer.hpp"

namespace lws::api {
namespace {

// A key of a label map is the user's, and a message must stay readable.
constexpr std::size_t kMaxKeyInPath = 256;

// `string`, or the number itself, because its type alone does not tell what is wrong with 1.5.
std::string describe(json::View value) {
    return value.is_number() ? "number " + json::to_text(value) : std::string(value.type_name());
}

using Entry = StringMap::sequence_type::value_type;
bool key_less(const Entry& a, const Entry& b) {
    return a.first < b.first;
}
bool key_equal(const Entry& a, const Entry& b) {
    return a.first == b.first;
}

}  // namespace

FieldReader::FieldReader(
    json::View object, std::string_view name, Mode mode, std::optional<Error>& failure
)
    : key_(name), mode_(mode), failure_(&failure) {
    if (object.is_object()) {
        value_ = object;
    } else {
        failure = Error(
            ErrorCode::invalid_input,
            std::string(name) + ": expected object, got " + describe(object)
        );
    }
}

FieldReader::FieldReader(
    json::View object,
    std::string_view key,
    std::optional<std::size_t> index,
    const FieldReader& parent
)
    : value_(object),
      key_(key),
      index_(index),
      mode_(parent.mode_),
      parent_(&parent),
      failure_(parent.failure_) {}

FieldReader FieldReader::object(std::string_view key) const {
    return {member(key, "object", &json::View::is_object), key, std::nullopt, *this};
}

void FieldReader::text(std::string_view key, std::string& out) const {
    if (const auto text = optional_text(key); text && mode_ == Mode::read) {
        out = *text;
    }
}

std::optional<std::string_view> FieldReader::optional_text(std::string_view key) const {
    return member(key, "string", &json::View::is_string).string();
}

void FieldReader::int32(std::string_view key, std::int32_t& out) const {
    std::optional<std::int32_t> number;
    int32(key, number);
    out = number.value_or(out);
}

void FieldReader::int32(std::string_view key, std::optional<std::int32_t>& out) const {
    using Limits = std::numeric_limits<std::int32_t>;
    if (const auto number = integer(key, Limits::min(), Limits::max(), "int32")) {
        out = static_cast<std::int32_t>(*number);
    }
}

void FieldReader::int64(std::string_view key, std::int64_t& out) const {
    using Limits = std::numeric_limits<std::int64_t>;
    if (const auto number = integer(key, Limits::min(), Limits::max(), "int64")) {
        out = *number;
    }
}

void FieldReader::int_or_string(std::string_view key, IntOrString& out) const {
    const json::View value = value_[key];
    if (value.absent_or_null()) {
        return;
    }
    if (value.is_string()) {
        out = mode_ == Mode::read ? IntOrString::from(value) : out;
        return;
    }
    std::int32_t number = 0;
    int32(key, number);
    out = IntOrString(number);
}

void FieldReader::string_map(std::string_view key, StringMap& out) const {
    const FieldReader map = object(key);
    for (const auto& [name, value] : map.value_.members()) {
        if (!value.is_null() && !value.is_string()) {
            map.complain_type(name, "string", value);
        }
    }
    if (mode_ == Mode::read) {
        map.copy_texts(out);
    }
}

void FieldReader::copy_texts(StringMap& out) const {
    StringMap::sequence_type entries;
    entries.reserve(value_.size());
    for (const auto& [name, value] : value_.members()) {
        // Go leaves the empty text for null.
        entries.emplace_back(std::string(name), std::string(value.string_or("")));
    }
    // Sorted once: inserting one by one into a flat map is quadratic, and the text is untrusted.
    // From the back, because the last of duplicate keys wins.
    std::reverse(entries.begin(), entries.end());
    std::stable_sort(entries.begin(), entries.end(), key_less);
    entries.erase(std::unique(entries.begin(), entries.end(), key_equal), entries.end());
    out.adopt_sequence(boost::container::ordered_unique_range, std::move(entries));
}

void FieldReader::expect_strings(std::string_view key) const {
    const json::View list = member(key, "array", &json::View::is_array);
    std::size_t index = 0;
    for (const json::View item : list.items()) {
        if (!item.is_null() && !item.is_string()) {
            complain_type(std::string(key) + "[" + std::to_string(index) + "]", "string", item);
        }
        ++index;
    }
}

json::View FieldReader::member(std::string_view key, std::string_view expected, TypeCheck check)
    const {
    const json::View value = value_[key];
    if (value.absent_or_null()) {
        return {};
    }
    if (!(value.*check)()) {
        complain_type(key, expected, value);
        return {};
    }
    return value;
}

FieldReader FieldReader::element(std::string_view key, std::size_t index, json::View item) const {
    if (!item.is_null() && !item.is_object()) {
        complain_type(std::string(key) + "[" + std::to_string(index) + "]", "object", item);
    }
    return {item.is_object() ? item : json::View(), key, index, *this};
}

std::optional<std::int64_t> FieldReader::integer(
    std::string_view key, std::int64_t min, std::int64_t max, std::string_view type
) const {
    const json::View value = member(key, "integer", &json::View::is_number);
    if (!value.exists()) {
        return std::nullopt;
    }
    const auto number = value.int64();
    const bool too_large = value.uint64().has_value() && !number;
    if (!number && !too_large) {
        complain_type(key, "integer", value);
        return std::nullopt;
    }
    if (too_large || *number < min || *number > max) {
        complain(key, json::to_text(value) + " does not fit " + std::string(type));
        return std::nullopt;
    }
    return number;
}

void FieldReader::complain_type(std::string_view key, std::string_view expected, json::View got)
    const {
    complain(key, "expected " + std::string(expected) + ", got " + describe(got));
}

void FieldReader::complain(std::string_view key, std::string_view problem) const {
    if (failure_->has_value()) {
        return;
    }
    std::string message;
    append_path(message);
    if (!message.empty()) {
        message += '.';
    }
    message += key.substr(0, kMaxKeyInPath);
    message += ": ";
    message += problem;
    *failure_ = Error(ErrorCode::invalid_input, std::move(message));
}

void FieldReader::append_path(std::string& out) const {
    if (parent_ == nullptr) {
        return;
    }
    parent_->append_path(out);
    if (!out.empty()) {
        out += '.';
    }
    out += key_;
    if (index_) {
        out += "[" + std::to_string(*index_) + "]";
    }
}

}  // namespace lws::api
