// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/revision/revision_printer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "pkg/lws/api/quantity.hpp"
#include "pkg/lws/rules/revision/go_json.hpp"
#include "pkg/lws/rules/revision/go_types.hpp"

namespace lws::rules {
namespace {

#include "pkg/lws/rules/revision/go_types.inc"

// What a webhook or the schema makes of a member, for sets that met neither. An absent member
// counts as an empty text.
struct Default {
    GoTypeId type;
    std::string_view member;
    std::string_view text;
    std::string_view json;
};

constexpr std::array kDefaults{
    Default{kLeaderWorkerTemplate, "restartPolicy", "", "\"RecreateGroupOnPodRestart\""},
    Default{kLeaderWorkerTemplate, "restartPolicy", "Default", "\"None\""},
    Default{kLeaderWorkerTemplate, "size", "", "1"},
    Default{kNetworkConfig, "subdomainPolicy", "", "\"Shared\""},
    Default{kSubGroupPolicy, "subGroupPolicyType", "", "\"LeaderWorker\""},
};

constexpr std::string_view kPatchDirective = "$patch";

// The texts Go trims off a quantity.
constexpr std::string_view kSpace = " \t\n\v\f\r";

// From here on a float64 does not hold every integer.
constexpr double kInexactInteger = 9007199254740992.0;

bool is_empty(GoKind kind, json::View value) {
    switch (kind) {
        case GoKind::string:
            return value.string() == std::string_view();
        case GoKind::boolean:
            return value.boolean() == false;
        case GoKind::int32:
        case GoKind::int64:
            return value.int64() == 0;
        case GoKind::slice:
            return value.is_array() && value.size() == 0;
        case GoKind::map:
            return value.is_object() && value.size() == 0;
        default:
            return false;
    }
}

bool is_left_out(const GoMember& member, json::View value) {
    switch (member.omit) {
        case GoOmit::never:
            return false;
        case GoOmit::zero:
            return value.absent_or_null() || go_time(value.string_or("")) == "null";
        case GoOmit::empty:
            break;
    }
    return value.absent_or_null() ||
           (member.hold == GoHold::value && is_empty(kTypes[member.type].kind, value));
}

// Prints a JSON value through a Go type: decoding into it and encoding it again, in one step.
class Printer {
public:
    explicit Printer(Purpose purpose) : purpose_(purpose) {}

    // False after the first value of a wrong type; error() then says where.
    bool print_spec(json::View spec);

    std::string take_text() { return std::move(out_); }
    [[nodiscard]] Error error() const { return {ErrorCode::invalid_input, "spec" + path_}; }

private:
    bool print_part(std::string_view name, GoTypeId type, json::View value);
    bool print_value(std::uint16_t type, json::View value);
    bool print_scalar(GoKind kind, json::View value);
    bool print_zero(std::uint16_t type);
    bool print_structure(std::uint16_t type, json::View object);
    bool print_members(std::uint16_t type, json::View object);
    bool print_member(std::uint16_t type, const GoMember& member, json::View value);
    bool print_slice(const GoType& type, json::View array);
    bool print_map(const GoType& type, json::View object);
    bool print_integer(json::View value, std::int64_t lowest, std::int64_t highest);
    bool print_quantity(json::View value);
    bool print_time(json::View value);
    [[nodiscard]] std::string_view default_for(
        std::uint16_t type, std::string_view member, json::View value
    ) const;
    void print_key(std::string_view key);
    bool fail(std::string_view expected, json::View value);
    bool fail_below(std::string_view step);

    Purpose purpose_;
    std::string out_;
    std::string path_;
};

bool Printer::fail(std::string_view expected, json::View value) {
    path_ = ": expected " + std::string(expected) + ", got " + std::string(value.type_name());
    return false;
}

bool Printer::fail_below(std::string_view step) {
    path_.insert(0, step);
    return false;
}

void Printer::print_key(std::string_view key) {
    if (out_.back() != '{') {
        out_.push_back(',');
    }
    append_go_string(out_, key);
    out_.push_back(':');
}

bool Printer::print_spec(json::View spec) {
    if (!spec.absent_or_null() && !spec.is_object()) {
        return fail("object", spec);
    }
    out_ = R"({"spec":{)";
    if (!print_part("leaderWorkerTemplate", kLeaderWorkerTemplate, spec["leaderWorkerTemplate"])) {
        return false;
    }
    const json::View network = spec["networkConfig"];
    if (network.absent_or_null()) {
        // Sets older than the field, or that met no webhook.
        out_.append(R"(,"networkConfig":{"$patch":"replace","subdomainPolicy":"Shared"})");
    } else if (!print_part("networkConfig", kNetworkConfig, network)) {
        return false;
    }
    out_.append("}}");
    return true;
}

bool Printer::print_part(std::string_view name, GoTypeId type, json::View value) {
    print_key(name);
    if (!value.absent_or_null() && !value.is_object()) {
        fail("object", value);
        return fail_below("." + std::string(name));
    }
    out_.append(R"({"$patch":"replace")");
    if (!print_members(type, value)) {
        return fail_below("." + std::string(name));
    }
    out_.push_back('}');
    return true;
}

bool Printer::print_value(std::uint16_t type, json::View value) {
    if (value.absent_or_null()) {
        return print_zero(type);
    }
    const GoType& entry = kTypes[type];
    switch (entry.kind) {
        case GoKind::structure:
            return print_structure(type, value);
        case GoKind::slice:
            return print_slice(entry, value);
        case GoKind::map:
            return print_map(entry, value);
        default:
            return print_scalar(entry.kind, value);
    }
}

bool Printer::print_scalar(GoKind kind, json::View value) {
    using Int32 = std::numeric_limits<std::int32_t>;
    using Int64 = std::numeric_limits<std::int64_t>;
    switch (kind) {
        case GoKind::boolean:
            if (!value.is_bool()) {
                return fail("bool", value);
            }
            out_.append(value.bool_or(false) ? "true" : "false");
            return true;
        case GoKind::int32:
            return print_integer(value, Int32::min(), Int32::max());
        case GoKind::int64:
            return print_integer(value, Int64::min(), Int64::max());
        case GoKind::quantity:
            return print_quantity(value);
        case GoKind::int_or_string:
            if (!value.is_string()) {
                return print_integer(value, Int32::min(), Int32::max());
            }
            break;
        case GoKind::time:
            return print_time(value);
        case GoKind::opaque:
            append_go_value(out_, value);
            return true;
        default:
            break;
    }
    if (!value.is_string()) {
        return fail("string", value);
    }
    append_go_string(out_, value.string_or(""));
    return true;
}

// What Go prints of a variable that nothing was decoded into.
bool Printer::print_zero(std::uint16_t type) {
    switch (kTypes[type].kind) {
        case GoKind::structure:
            return print_structure(type, json::View());
        case GoKind::string:
            out_.append("\"\"");
            return true;
        case GoKind::boolean:
            out_.append("false");
            return true;
        case GoKind::int32:
        case GoKind::int64:
        case GoKind::int_or_string:
            out_.append("0");
            return true;
        case GoKind::quantity:
            out_.append("\"0\"");
            return true;
        default:
            out_.append("null");
            return true;
    }
}

bool Printer::print_structure(std::uint16_t type, json::View object) {
    if (!object.absent_or_null() && !object.is_object()) {
        return fail("object", object);
    }
    out_.push_back('{');
    if (!print_members(type, object)) {
        return false;
    }
    out_.push_back('}');
    return true;
}

// Both lists are sorted by name: known members, present or not, and what the object holds.
bool Printer::print_members(std::uint16_t type, json::View object) {
    const auto known =
        std::span(kMembers).subspan(kTypes[type].first_member, kTypes[type].member_count);
    auto next = known.begin();
    const auto print_until = [&](std::optional<std::string_view> key) {
        for (; next != known.end() && (!key || next->name < *key); ++next) {
            if (!print_member(type, *next, json::View())) {
                return false;
            }
        }
        return true;
    };
    for (const json::Member& member : sorted_members(object)) {
        if (!print_until(member.key)) {
            return false;
        }
        if (next != known.end() && next->name == member.key) {
            if (!print_member(type, *next, member.value)) {
                return fail_below("." + std::string(member.key));
            }
            ++next;
        } else if (member.key != kPatchDirective) {
            print_key(member.key);
            append_go_value(out_, member.value);
        }
    }
    return print_until(std::nullopt);
}

bool Printer::print_member(std::uint16_t type, const GoMember& member, json::View value) {
    if (const auto fallback = default_for(type, member.name, value); !fallback.empty()) {
        print_key(member.name);
        out_.append(fallback);
        return true;
    }
    if (is_left_out(member, value)) {
        return true;
    }
    print_key(member.name);
    if (member.hold == GoHold::pointer && value.absent_or_null()) {
        out_.append("null");
        return true;
    }
    return print_value(member.type, value);
}

std::string_view Printer::default_for(std::uint16_t type, std::string_view member, json::View value)
    const {
    if (purpose_ == Purpose::store) {
        return {};
    }
    const auto text = value.absent_or_null() ? std::string_view() : value.string();
    for (const Default& known : kDefaults) {
        if (known.type == type && known.member == member && known.text == text) {
            return known.json;
        }
    }
    return {};
}

bool Printer::print_slice(const GoType& type, json::View array) {
    if (!array.is_array()) {
        return fail("array", array);
    }
    out_.push_back('[');
    std::size_t index = 0;
    for (const json::View item : array.items()) {
        if (index > 0) {
            out_.push_back(',');
        }
        if (!print_value(type.element, item)) {
            return fail_below("[" + std::to_string(index) + "]");
        }
        ++index;
    }
    out_.push_back(']');
    return true;
}

bool Printer::print_map(const GoType& type, json::View object) {
    if (!object.is_object()) {
        return fail("object", object);
    }
    out_.push_back('{');
    for (const json::Member& member : sorted_members(object)) {
        print_key(member.key);
        if (!print_value(type.element, member.value)) {
            return fail_below("[" + std::string(member.key) + "]");
        }
    }
    out_.push_back('}');
    return true;
}

bool Printer::print_integer(json::View value, std::int64_t lowest, std::int64_t highest) {
    const auto integer = value.int64();
    if (integer && *integer >= lowest && *integer <= highest) {
        out_.append(go_number(static_cast<double>(*integer)));
        return true;
    }
    // Stored data may hold an int64 that a float64 has rounded out of range.
    const bool rounded = std::fabs(value.number().value_or(0)) >= kInexactInteger;
    if (!integer && rounded && highest == std::numeric_limits<std::int64_t>::max()) {
        out_.append(go_number(value.number().value_or(0)));
        return true;
    }
    return fail("integer in range", value);
}

bool Printer::print_quantity(json::View value) {
    std::string text;
    if (const auto number = value.number()) {
        text = go_number(*number);
    } else if (value.is_string()) {
        const auto given = value.string_or("");
        const std::size_t first = std::min(given.find_first_not_of(kSpace), given.size());
        text = given.substr(first, given.find_last_not_of(kSpace) + 1 - first);
    }
    const auto quantity = api::parse_quantity(text);
    if (!quantity) {
        return fail("quantity", value);
    }
    append_go_string(out_, quantity->text());
    return true;
}

bool Printer::print_time(json::View value) {
    const auto time = go_time(value.string_or(""));
    if (!time) {
        return fail("RFC 3339 time", value);
    }
    out_.append(*time);
    return true;
}

}  // namespace

Result<std::string> print_revision_data(json::View spec, Purpose purpose) {
    Printer printer(purpose);
    if (!printer.print_spec(spec)) {
        return printer.error();
    }
    return printer.take_text();
}

}  // namespace lws::rules
