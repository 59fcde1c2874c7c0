// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/meta.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <utility>
#include <vector>

#include "pkg/lws/json/writer.hpp"

namespace lws::k8s {
namespace {

// Takes exactly `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int value = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

void skip_fraction(std::string_view& text) {
    if (!take(text, '.')) {
        return;
    }
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        text.remove_prefix(1);
    }
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) {
        return std::chrono::minutes{0};
    }
    const bool east = take(text, '+');
    if (!east && !take(text, '-')) {
        return std::nullopt;
    }
    const auto hours = take_number(text, 2);
    if (!hours || !take(text, ':')) {
        return std::nullopt;
    }
    const auto minutes = take_number(text, 2);
    if (!minutes) {
        return std::nullopt;
    }
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return east ? offset : -offset;
}

struct CivilTime {
    int year;
    unsigned month;
    unsigned day;
    long hour;
    long minute;
    long second;
};

CivilTime civil(Seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const auto in_day = (time - day).count();
    return {
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<long>(in_day / 3600),
        static_cast<long>(in_day / 60 % 60),
        static_cast<long>(in_day % 60)
    };
}

std::string print_civil(Seconds time) {
    const CivilTime t = civil(time);
    std::array<char, 64> buffer{};
    const int written = std::snprintf(
        buffer.data(),
        buffer.size(),
        "%04d-%02u-%02uT%02ld:%02ld:%02ld",
        t.year,
        t.month,
        t.day,
        t.hour,
        t.minute,
        t.second
    );
    return {buffer.data(), static_cast<std::size_t>(std::max(written, 0))};
}

json::View member_of(json::View object, std::string_view map, std::string_view key) {
    return object["metadata"][map][key];
}

}  // namespace

Result<ObjectKey> read_object_key(json::View object) {
    if (!object.is_object()) {
        return Error{
            ErrorCode::invalid_input, "expected object, got " + std::string(object.type_name())
        };
    }
    const json::View name = object["metadata"]["name"];
    const auto text = name.string();
    if (!text || text->empty()) {
        return Error{
            ErrorCode::invalid_input,
            "metadata.name: expected string, got " + std::string(name.type_name())
        };
    }
    return ObjectKey{
        std::string(object["metadata"]["namespace"].string_or("")), std::string(*text)
    };
}

std::optional<Owner> read_controller_owner(json::View object) {
    for (const json::View reference : object["metadata"]["ownerReferences"].items()) {
        if (reference["controller"].bool_or(false)) {
            return Owner{
                std::string(reference["kind"].string_or("")),
                std::string(reference["name"].string_or("")),
                std::string(reference["uid"].string_or(""))
            };
        }
    }
    return std::nullopt;
}

std::int32_t int32_or(json::View value, std::int32_t fallback) {
    const auto number = value.int64();
    if (!number || *number < std::numeric_limits<std::int32_t>::min() ||
        *number > std::numeric_limits<std::int32_t>::max()) {
        return fallback;
    }
    return static_cast<std::int32_t>(*number);
}

std::string_view label(json::View object, std::string_view key) {
    return member_of(object, "labels", key).string_or("");
}

std::string_view annotation(json::View object, std::string_view key) {
    return member_of(object, "annotations", key).string_or("");
}

bool has_label(json::View object, std::string_view key) {
    return member_of(object, "labels", key).is_string();
}

bool has_annotation(json::View object, std::string_view key) {
    return member_of(object, "annotations", key).is_string();
}

std::optional<Seconds> parse_time(std::string_view text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) {
        return std::nullopt;
    }
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) {
        return std::nullopt;
    }
    const auto day = take_number(text, 2);
    if (!day || !(take(text, 'T') || take(text, 't'))) {
        return std::nullopt;
    }
    const auto hour = take_number(text, 2);
    if (!hour || !take(text, ':')) {
        return std::nullopt;
    }
    const auto minute = take_number(text, 2);
    if (!minute || !take(text, ':')) {
        return std::nullopt;
    }
    const auto second = take_number(text, 2);
    if (!second) {
        return std::nullopt;
    }
    skip_fraction(text);
    const auto offset = take_offset(text);
    const std::chrono::year_month_day date{
        std::chrono::year{*year},
        std::chrono::month{static_cast<unsigned>(*month)},
        std::chrono::day{static_cast<unsigned>(*day)}
    };
    const bool valid =
        offset && text.empty() && date.ok() && *hour < 24 && *minute < 60 && *second < 61;
    if (!valid) {
        return std::nullopt;
    }
    return Seconds{std::chrono::sys_days{date}} + std::chrono::hours{*hour} +
           std::chrono::minutes{*minute} + std::chrono::seconds{*second} - *offset;
}

std::string format_time(Seconds time) {
    return print_civil(time) + "Z";
}

std::string format_micro_time(std::chrono::sys_time<std::chrono::microseconds> time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    std::array<char, 16> fraction{};
    const int written = std::snprintf(
        fraction.data(), fraction.size(), ".%06ldZ", static_cast<long>((time - whole).count())
    );
    return print_civil(whole) +
           std::string(fraction.data(), static_cast<std::size_t>(std::max(written, 0)));
}

std::string selector_text(json::View label_selector) {
    std::vector<std::pair<std::string_view, std::string_view>> pairs;
    for (const auto [key, value] : label_selector["matchLabels"].members()) {
        pairs.emplace_back(key, value.string_or(""));
    }
    std::sort(pairs.begin(), pairs.end());
    std::string text;
    for (const auto& [key, value] : pairs) {
        if (!text.empty()) {
            text += ',';
        }
        text.append(key).append("=").append(value);
    }
    const json::View expressions = label_selector["matchExpressions"];
    if (expressions.size() > 0) {
        text += json::to_text(expressions);
    }
    return text;
}

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = seed;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211ULL;
    }
    return hash;
}

}  // namespace lws::k8s
