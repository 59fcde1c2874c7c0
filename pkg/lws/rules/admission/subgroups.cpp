// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/subgroups.hpp"

#include <string>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/admission/go_integer.hpp"
#include "pkg/lws/rules/admission/group_key.hpp"

namespace lws::rules {
namespace {

bool wants_subgroup(const PodDraft& draft) {
    return draft.annotation(api::kSubgroupSizeAnnotation).has_value() &&
           draft.label_or_empty(api::kSubgroupIndexLabel).empty();
}

void join_subgroup(
    PodDraft& draft, AffinityPlanner& affinity, std::string_view leader, std::string_view index
) {
    const auto key = make_group_key(draft.arena(), leader, index);
    draft.set_label(api::kSubgroupIndexLabel, index);
    draft.set_label(api::kSubgroupKeyLabel, key);
    if (const auto topology = draft.annotation(api::kSubgroupExclusiveTopologyAnnotation)) {
        affinity.require_exclusive(api::kSubgroupKeyLabel, key, *topology);
    }
}

}  // namespace

std::int64_t worker_subgroup_index(
    std::int64_t size, std::int64_t subgroup_size, std::int64_t worker_index
) {
    // Unsigned, since the size is whatever the annotation holds.
    const auto workers = static_cast<std::int64_t>(static_cast<std::uint64_t>(size) - 1);
    const bool leader_is_extra =
        go_remainder(workers, subgroup_size) == 0 && go_remainder(size, subgroup_size) != 0;
    return go_quotient(leader_is_extra ? worker_index - 1 : worker_index, subgroup_size);
}

void plan_leader_subgroup(PodDraft& draft, AffinityPlanner& affinity) {
    if (wants_subgroup(draft) &&
        draft.annotation(api::kSubgroupPolicyTypeAnnotation) != "LeaderExcluded") {
        join_subgroup(draft, affinity, draft.name(), "0");
    }
}

Result<void> plan_worker_subgroup(
    PodDraft& draft, AffinityPlanner& affinity, std::int64_t size, std::int32_t worker_index
) {
    if (!wants_subgroup(draft)) {
        return {};
    }
    const auto subgroup_size = read_subgroup_size(draft);
    if (!subgroup_size) {
        return subgroup_size.error();
    }
    const auto index = worker_subgroup_index(size, *subgroup_size, worker_index);
    const auto leader = draft.annotation_or_empty(api::kLeaderNameAnnotation);
    join_subgroup(draft, affinity, leader, join(draft.arena(), {std::to_string(index)}));
    return {};
}

Result<std::int64_t> read_subgroup_size(const PodDraft& draft) {
    auto size = parse_go_integer(draft.annotation_or_empty(api::kSubgroupSizeAnnotation));
    if (size && *size == 0) {
        return Error(
            ErrorCode::forbidden,
            "subgroup-size annotation must not be 0 for pod " + std::string(draft.name())
        );
    }
    return size;
}

}  // namespace lws::rules
