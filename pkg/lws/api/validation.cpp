// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/validation.hpp"

#include <algorithm>
#include <limits>

#include "pkg/lws/api/go_text.hpp"
#include "pkg/lws/api/validation_rules.hpp"

namespace lws::api {
namespace {

void check_all(std::span<const Rule> rules, const Subject& subject, Errors& errors) {
    for (const Rule& rule : rules) {
        rule.check(subject, errors);
    }
}

bool breaks(const Rule& rule, const Subject& subject, Arena& arena) {
    Errors errors(arena);
    rule.check(subject, errors);
    return !errors.empty();
}

// Drops what `before` broke already and `after` does not make worse.
void check_new_breaches(
    std::span<const Rule> rules, const Subject& before, const Subject& after, Errors& errors
) {
    for (const Rule& rule : rules) {
        const std::size_t known = errors.size();
        rule.check(after, errors);
        if (errors.size() > known && rule.no_worse(before, after) &&
            breaks(rule, before, errors.arena())) {
            errors.resize(known);
        }
    }
}

void append_as_warnings(const Rule& rule, const Subject& subject, Warnings& warnings) {
    Errors errors(warnings.arena());
    rule.check(subject, errors);
    for (const FieldError& error : errors) {
        warnings.add({error.text(warnings.arena())});
    }
}

}  // namespace

Subject::Subject(json::View object)
    : set(object),
      metadata(object["metadata"]),
      leader_worker_template(object["spec"]["leaderWorkerTemplate"]),
      name(metadata["name"].string_or("")) {
    const json::View spec = object["spec"];
    replicas = int32_of(spec["replicas"]).value_or(replicas);
    size = int32_of(leader_worker_template["size"]).value_or(size);

    const json::View rolling = spec["rolloutStrategy"]["rollingUpdateConfiguration"];
    if (rolling.is_object()) {
        has_rolling_update = true;
        partition = int32_of(rolling["partition"]).value_or(partition);
        // Absent counts as 0 inside a configuration and as its default without one, as upstream.
        max_unavailable = IntOrString::from(rolling["maxUnavailable"]);
        max_surge = IntOrString::from(rolling["maxSurge"]);
    }

    const json::View policy = leader_worker_template["subGroupPolicy"];
    has_sub_group_policy = policy.is_object();
    sub_group_size = int32_of(policy["subGroupSize"]);
    leader_excluded = policy["subGroupPolicyType"].string() == "LeaderExcluded";
}

json::View Subject::annotation(std::string_view key) const {
    return metadata["annotations"][key];
}

std::int64_t Subject::surge() const {
    const std::int64_t scaled = max_surge.scaled(replicas, Rounding::up).value_or(0);
    return std::min<std::int64_t>(scaled, replicas);
}

std::int64_t Subject::highest_group() const {
    return std::max<std::int64_t>(0, replicas + surge() - 1);
}

std::optional<std::int32_t> int32_of(json::View value) {
    using Limits = std::numeric_limits<std::int32_t>;
    const auto number = value.int64();
    if (!number || *number < Limits::min() || *number > Limits::max()) {
        return std::nullopt;
    }
    return static_cast<std::int32_t>(*number);
}

ValidationResult validate_create(json::View set, const ValidationOptions& options, Arena& arena) {
    const Subject subject(set);
    ValidationResult result(arena);
    Errors errors(arena);
    Warnings warnings(arena, result.warnings);
    for (const auto rules :
         {metadata_rules(), size_rules(), rollout_rules(), sub_group_rules(), annotation_rules()}) {
        check_all(rules, subject, errors);
    }
    if (options.name_rule == ValidationOptions::NameRule::deny) {
        name_length_rule().check(subject, errors);
    } else {
        append_as_warnings(name_length_rule(), subject, warnings);
    }
    check_all(creation_rules(), subject, errors);
    append_warnings(subject, warnings);
    result.errors = errors.take();
    return result;
}

ValidationResult validate_update(json::View new_set, json::View old_set, Arena& arena) {
    const Subject before(old_set);
    const Subject after(new_set);
    ValidationResult result(arena);
    Errors errors(arena);
    Warnings warnings(arena, result.warnings);
    for (const auto rules : {metadata_rules(), size_rules(), rollout_rules(), sub_group_rules()}) {
        check_new_breaches(rules, before, after, errors);
    }
    for (const UpdateRule& rule : update_rules()) {
        rule.check(before, after, errors);
    }
    check_new_breaches(annotation_rules(), before, after, errors);
    // Advice on an object that is going away helps nobody.
    if (after.metadata["deletionTimestamp"].absent_or_null()) {
        append_as_warnings(name_length_rule(), after, warnings);
        for (const Rule& rule : creation_rules()) {
            append_as_warnings(rule, after, warnings);
        }
        append_warnings(after, warnings);
    }
    result.errors = errors.take();
    return result;
}

FieldError invalid(std::string_view path, std::string_view value, std::string_view detail) {
    return {FieldError::Type::invalid, path, value, detail};
}

FieldError required(std::string_view path, std::string_view detail) {
    return {FieldError::Type::required, path, {}, detail};
}

std::string_view number_text(std::int64_t number, Arena& arena) {
    return join(arena, {std::to_string(number)});
}

std::string_view number_text(const std::optional<std::int32_t>& number, Arena& arena) {
    return number ? number_text(std::int64_t{*number}, arena) : "null";
}

std::string_view value_text(const IntOrString& value, Arena& arena) {
    return value.is_text() ? go_json_string(value.text(), arena)
                           : number_text(std::int64_t{value.number()}, arena);
}

}  // namespace lws::api
