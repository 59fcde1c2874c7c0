// SPDX-License-Identifier: Apache-2.0
// Objects of the fakes: a JSON tree that can be changed. Boost.JSON and not pkg/lws/json, so that
// the fakes share no code with what they test.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace lws::controller::testing {

using JsonValue = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

// `'` stands for `"`, so that tests stay readable. Bad text throws: a bug of the test.
[[nodiscard]] JsonValue parse_json(std::string text);
[[nodiscard]] JsonObject parse_object(std::string text);
// The text as it is, an object; an empty one for no text.
[[nodiscard]] JsonObject parse_body(const std::string& text);
[[nodiscard]] std::string to_text(const JsonValue& value);
[[nodiscard]] JsonValue text_value(std::string_view text);

using Path = std::initializer_list<std::string_view>;

// The member at the end of the path, or null.
[[nodiscard]] const JsonValue* find_at(const JsonObject& object, Path path);
// Empty or 0 when there is no such member or it is of another type.
[[nodiscard]] std::string text_at(const JsonObject& object, Path path);
[[nodiscard]] std::int64_t number_at(
    const JsonObject& object, Path path, std::int64_t fallback = 0
);
// Null when there is none.
[[nodiscard]] const JsonObject* object_at(const JsonObject& object, Path path);
[[nodiscard]] const JsonArray* array_at(const JsonObject& object, Path path);
// Makes the objects on the way.
JsonObject& make_object_at(JsonObject& object, Path path);
void set_at(JsonObject& object, Path path, std::string_view name, JsonValue value);

// Status and `.metadata` shortcuts.
[[nodiscard]] std::string label_of(const JsonObject& object, std::string_view key);
[[nodiscard]] std::string uid_of(const JsonObject& object);
[[nodiscard]] bool is_deleting(const JsonObject& object);
// UID of the owner reference with `controller: true`, or empty.
[[nodiscard]] std::string controller_uid_of(const JsonObject& object);

// RFC 7396.
void merge_patch(JsonValue& target, const JsonValue& patch);

}  // namespace lws::controller::testing
