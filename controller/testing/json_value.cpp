// SPDX-License-Identifier: Apache-2.0
#include "controller/testing/json_value.hpp"

#include <algorithm>
#include <boost/json/src.hpp>

namespace lws::controller::testing {

JsonValue parse_json(std::string text) {
    std::replace(text.begin(), text.end(), '\'', '"');
    return boost::json::parse(text);
}

JsonObject parse_object(std::string text) {
    return parse_json(std::move(text)).as_object();
}

JsonObject parse_body(const std::string& text) {
    if (text.empty()) return {};
    return boost::json::parse(text).as_object();
}

std::string to_text(const JsonValue& value) {
    return boost::json::serialize(value);
}

JsonValue text_value(std::string_view text) {
    return boost::json::string(text.data(), text.size());
}

const JsonValue* find_at(const JsonObject& object, Path path) {
    const JsonObject* at = &object;
    const JsonValue* found = nullptr;
    for (const std::string_view name : path) {
        if (at == nullptr) return nullptr;
        found = at->if_contains(name);
        if (found == nullptr) return nullptr;
        at = found->if_object();
    }
    return found;
}

std::string text_at(const JsonObject& object, Path path) {
    const JsonValue* value = find_at(object, path);
    if (value == nullptr || !value->is_string()) return {};
    const auto& text = value->get_string();
    return {text.data(), text.size()};
}

std::int64_t number_at(const JsonObject& object, Path path, std::int64_t fallback) {
    const JsonValue* value = find_at(object, path);
    if (value == nullptr || !value->is_int64()) return fallback;
    return value->get_int64();
}

const JsonObject* object_at(const JsonObject& object, Path path) {
    const JsonValue* value = find_at(object, path);
    return value == nullptr ? nullptr : value->if_object();
}

const JsonArray* array_at(const JsonObject& object, Path path) {
    const JsonValue* value = find_at(object, path);
    return value == nullptr ? nullptr : value->if_array();
}

JsonObject& make_object_at(JsonObject& object, Path path) {
    JsonObject* at = &object;
    for (const std::string_view name : path) {
        JsonValue& member = (*at)[name];
        at = member.is_object() ? &member.get_object() : &member.emplace_object();
    }
    return *at;
}

void set_at(JsonObject& object, Path path, std::string_view name, JsonValue value) {
    make_object_at(object, path)[name] = std::move(value);
}

std::string label_of(const JsonObject& object, std::string_view key) {
    return text_at(object, {"metadata", "labels", key});
}

std::string uid_of(const JsonObject& object) {
    return text_at(object, {"metadata", "uid"});
}

bool is_deleting(const JsonObject& object) {
    return find_at(object, {"metadata", "deletionTimestamp"}) != nullptr;
}

std::string controller_uid_of(const JsonObject& object) {
    const JsonArray* owners = array_at(object, {"metadata", "ownerReferences"});
    if (owners == nullptr) return {};
    for (const JsonValue& owner : *owners) {
        const JsonValue* controller = owner.as_object().if_contains("controller");
        if (controller != nullptr && controller->is_bool() && controller->get_bool()) {
            return text_at(owner.as_object(), {"uid"});
        }
    }
    return {};
}

void merge_patch(JsonValue& target, const JsonValue& patch) {
    if (!patch.is_object()) {
        target = patch;
        return;
    }
    if (!target.is_object()) target.emplace_object();
    for (const auto& [name, value] : patch.get_object()) {
        if (value.is_null()) {
            target.get_object().erase(name);
        } else {
            merge_patch(target.get_object()[name], value);
        }
    }
}

}  // namespace lws::controller::testing
