// SPDX-License-Identifier: Apache-2.0
// Arithmetic of a rolling update: which partition and replica count the leader StatefulSet gets.
// Agrees with kubernetes-sigs/lws v0.10, pkg/controllers/leaderworkerset_controller.go,
// rollingUpdateParameters, apart from overflow and absent members, where upstream panics, and from
// groups that keep failing, which upstream does not know.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace lws::rules {

// Leader pod and worker StatefulSet of one ordinal together. A missing one makes both false.
struct GroupState {
    bool ready = false;
    bool updated = false;  // both carry the new revision key
    // Fails again and again under an old template: only the new one can make it ready.
    bool failing = false;

    friend bool operator==(const GroupState&, const GroupState&) = default;
};

enum class SpecChange {
    none,
    just_now,  // this pass makes the new revision
};

// The leader StatefulSet as it is.
struct LiveStatefulSet {
    std::int32_t replicas = 0;
    std::int32_t partition = 0;
    // Annotation `replicas`: spec.replicas at the last apply. Absent or no integer counts as
    // unchanged.
    std::optional<std::int32_t> applied_set_replicas;
};

// All numbers are at least 0; negative ones (the schema of /scale lets none through) count as 0.
struct RolloutInput {
    std::int32_t replicas = 1;         // R, spec.replicas
    std::int32_t max_surge = 0;        // scaled up; capped at R here
    std::int32_t max_unavailable = 1;  // U, scaled down
    std::int32_t user_partition = 0;
    SpecChange change = SpecChange::none;
    std::optional<LiveStatefulSet> live;  // none: not created yet
    // One entry for each ordinal below live->replicas; missing entries are neither ready nor
    // updated.
    std::vector<GroupState> groups;
};

enum class RolloutStep {
    creation,               // 1
    new_revision,           // 2
    at_rest,                // 3
    scale_up_first,         // 3
    scaled_during_rollout,  // 4
    rolling,                // 5
};

struct RolloutDecision {
    std::int32_t partition = 0;
    std::int32_t replicas = 0;
    RolloutStep step = RolloutStep::at_rest;
    // Steps 2, 4 and 5 shrinking the StatefulSet give surge groups back.
    bool reclaims_surge = false;

    friend bool operator==(const RolloutDecision&, const RolloutDecision&) = default;
};

[[nodiscard]] RolloutDecision decide_rollout(const RolloutInput& input);

// Replicas of the StatefulSet while `unready` of R groups are not both ready and updated.
[[nodiscard]] std::int64_t want_replicas(
    std::int64_t replicas, std::int64_t surge, std::int64_t unavailable, std::int64_t unready
);

}  // namespace lws::rules
