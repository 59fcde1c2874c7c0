// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/view.hpp"

#include <rapidjson/document.h>

namespace lws::json {
namespace {

using RawMember = rapidjson::Value::Member;

std::string_view text_of(const rapidjson::Value& value) {
    return {value.GetString(), value.GetStringLength()};
}

}  // namespace

bool View::is_null() const {
    return value_ != nullptr && value_->IsNull();
}
bool View::is_object() const {
    return value_ != nullptr && value_->IsObject();
}
bool View::is_array() const {
    return value_ != nullptr && value_->IsArray();
}
bool View::is_string() const {
    return value_ != nullptr && value_->IsString();
}
bool View::is_bool() const {
    return value_ != nullptr && value_->IsBool();
}
bool View::is_number() const {
    return value_ != nullptr && value_->IsNumber();
}
bool View::is_int64() const {
    return value_ != nullptr && value_->IsInt64();
}

View View::operator[](std::string_view key) const {
    if (!is_object()) {
        return {};
    }
    // From the back, so that the last of duplicate keys wins.
    for (auto it = value_->MemberEnd(); it != value_->MemberBegin();) {
        --it;
        if (text_of(it->name) == key) {
            return View(&it->value);
        }
    }
    return {};
}

View View::at(std::size_t index) const {
    if (!is_array() || index >= value_->Size()) {
        return {};
    }
    return View(value_->Begin() + index);
}

std::size_t View::size() const {
    if (is_object()) {
        return value_->MemberCount();
    }
    return is_array() ? value_->Size() : 0;
}

std::optional<std::string_view> View::string() const {
    if (!is_string()) {
        return std::nullopt;
    }
    return text_of(*value_);
}

std::string_view View::string_or(std::string_view fallback) const {
    return is_string() ? text_of(*value_) : fallback;
}

std::optional<std::int64_t> View::int64() const {
    if (!is_int64()) {
        return std::nullopt;
    }
    return value_->GetInt64();
}

std::int64_t View::int64_or(std::int64_t fallback) const {
    return is_int64() ? value_->GetInt64() : fallback;
}

std::optional<std::uint64_t> View::uint64() const {
    if (value_ == nullptr || !value_->IsUint64()) {
        return std::nullopt;
    }
    return value_->GetUint64();
}

std::optional<double> View::number() const {
    if (!is_number()) {
        return std::nullopt;
    }
    return value_->GetDouble();
}

std::optional<bool> View::boolean() const {
    if (!is_bool()) {
        return std::nullopt;
    }
    return value_->GetBool();
}

bool View::bool_or(bool fallback) const {
    return is_bool() ? value_->GetBool() : fallback;
}

Members View::members() const {
    if (!is_object() || value_->MemberCount() == 0) {
        return {nullptr, nullptr};
    }
    const RawMember* first = &*value_->MemberBegin();
    return {first, first + value_->MemberCount()};
}

Items View::items() const {
    if (!is_array()) {
        return {nullptr, nullptr};
    }
    return {value_->Begin(), value_->End()};
}

std::string_view View::type_name() const {
    if (!exists()) {
        return "nothing";
    }
    switch (value_->GetType()) {
        case rapidjson::kNullType:
            return "null";
        case rapidjson::kFalseType:
        case rapidjson::kTrueType:
            return "bool";
        case rapidjson::kObjectType:
            return "object";
        case rapidjson::kArrayType:
            return "array";
        case rapidjson::kStringType:
            return "string";
        case rapidjson::kNumberType:
            return "number";
    }
    return "nothing";
}

bool equal(View a, View b) {
    if (!a.exists() || !b.exists()) {
        return a.exists() == b.exists();
    }
    return *a.raw() == *b.raw();
}

Items::Iterator& Items::Iterator::operator++() {
    ++at_;
    return *this;
}

Member Members::Iterator::operator*() const {
    const auto* member = static_cast<const RawMember*>(at_);
    return {text_of(member->name), View(&member->value)};
}

Members::Iterator& Members::Iterator::operator++() {
    at_ = static_cast<const RawMember*>(at_) + 1;
    return *this;
}

}  // namespace lws::json
