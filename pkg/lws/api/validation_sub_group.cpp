// SPDX-License-Identifier: Apache-2.0
// Subgroups and what an update may not do to them: upstream's validateUpdateSubGroupPolicy and
// ValidateUpdate.
#include "pkg/lws/api/go_text.hpp"
#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/validation_rules.hpp"

namespace lws::api {
namespace {

// The capital S is upstream's.
constexpr std::string_view kPath = "spec.leaderWorkerTemplate.SubGroupPolicy.subGroupSize";
constexpr std::string_view kNetworkPath = "spec.networkConfig.subdomainPolicy";

// Upstream dereferences nil or divides by 0 on the others; there its remaining rules are skipped.
bool has_divisor(const Subject& subject) {
    return subject.has_sub_group_policy && subject.sub_group_size.value_or(0) != 0;
}

// Go's int32 wraps around at its lowest value, and INT_MIN % -1 is 0.
std::int32_t size_without_leader(const Subject& subject) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(subject.size) - 1U);
}

bool divides(const Subject& subject, std::int32_t count) {
    return std::int64_t{count} % std::int64_t{*subject.sub_group_size} == 0;
}

void fail(const Subject& subject, std::string_view detail, Errors& errors) {
    errors.push_back(invalid(kPath, number_text(subject.sub_group_size, errors.arena()), detail));
}

void at_least_one(const Subject& subject, Errors& errors) {
    if (subject.has_sub_group_policy && subject.sub_group_size.value_or(0) < 1) {
        fail(subject, "subGroupSize must be equal or greater than 1", errors);
    }
}

void divides_size(const Subject& subject, Errors& errors) {
    if (has_divisor(subject) && !divides(subject, subject.size) &&
        !divides(subject, size_without_leader(subject))) {
        fail(subject, "size or size - 1 must be divisible by subGroupSize", errors);
    }
}

void not_larger_than_size(const Subject& subject, Errors& errors) {
    if (has_divisor(subject) && subject.size < *subject.sub_group_size) {
        fail(subject, "subGroupSize cannot be larger than size", errors);
    }
}

void divides_without_leader(const Subject& subject, Errors& errors) {
    if (has_divisor(subject) && subject.leader_excluded &&
        !divides(subject, size_without_leader(subject))) {
        fail(subject, "size-1 must be divisible by subGroupSize when using LeaderExcluded", errors);
    }
}

// The empty text counts as present, and Go reads null as the empty text.
void topology_needs_policy(const Subject& subject, Errors& errors) {
    const json::View topology = subject.annotation(kSubgroupExclusiveTopologyAnnotation);
    if (!subject.has_sub_group_policy && topology.exists()) {
        errors.push_back(invalid(
            join(errors.arena(), {"metadata.annotations.", kSubgroupExclusiveTopologyAnnotation}),
            go_quote(topology.string_or(""), errors.arena()),
            "cannot have subgroup-exclusive-topology without subGroupSize set"
        ));
    }
}

bool same_sub_group_size(const Subject& before, const Subject& after) {
    return after.has_sub_group_policy == before.has_sub_group_policy &&
           after.sub_group_size == before.sub_group_size;
}

bool same_sizes(const Subject& before, const Subject& after) {
    return same_sub_group_size(before, after) && after.size == before.size;
}

bool same_sizes_and_type(const Subject& before, const Subject& after) {
    return same_sizes(before, after) && after.leader_excluded == before.leader_excluded;
}

bool same_topology(const Subject& before, const Subject& after) {
    const auto text = [](const Subject& subject) {
        return subject.annotation(kSubgroupExclusiveTopologyAnnotation).string_or("");
    };
    return after.has_sub_group_policy == before.has_sub_group_policy && text(after) == text(before);
}

constexpr Rule kRules[] = {
    {at_least_one, same_sub_group_size},
    {divides_size, same_sizes},
    {not_larger_than_size, same_sizes},
    {divides_without_leader, same_sizes_and_type},
    {topology_needs_policy, same_topology},
};

// An old policy without a size is a hole in the old object: it may be filled or taken away.
void immutable(const Subject& before, const Subject& after, Errors& errors) {
    if (before.has_sub_group_policy && after.has_sub_group_policy && before.sub_group_size &&
        after.sub_group_size != before.sub_group_size) {
        fail(after, "field is immutable", errors);
    }
}

void not_enabled(const Subject& before, const Subject& after, Errors& errors) {
    if (!before.has_sub_group_policy && after.has_sub_group_policy) {
        fail(after, "cannot enable subGroupSize after the lws is already created", errors);
    }
}

void not_removed(const Subject& before, const Subject& after, Errors& errors) {
    if (before.has_sub_group_policy && before.sub_group_size && !after.has_sub_group_policy) {
        fail(before, "cannot remove subGroupSize after enabled", errors);
    }
}

// Shows the old policy, as upstream does. An old object with the same hole is left alone.
void subdomain_policy_kept(const Subject& before, const Subject& after, Errors& errors) {
    const json::View old_network = before.set["spec"]["networkConfig"];
    const json::View new_network = after.set["spec"]["networkConfig"];
    const auto has_hole = [](json::View network) {
        return network.is_object() && network["subdomainPolicy"].absent_or_null();
    };
    if (has_hole(new_network) && !has_hole(old_network)) {
        const auto old_policy = old_network["subdomainPolicy"].string();
        errors.push_back(invalid(
            kNetworkPath,
            old_policy ? go_json_string(*old_policy, errors.arena()) : "null",
            "cannot set subdomainPolicy as null"
        ));
    }
}

constexpr UpdateRule kUpdateRules[] = {
    {immutable},
    {not_enabled},
    {not_removed},
    {subdomain_policy_kept},
};

}  // namespace

std::span<const Rule> sub_group_rules() {
    return kRules;
}

std::span<const UpdateRule> update_rules() {
    return kUpdateRules;
}

}  // namespace lws::api
