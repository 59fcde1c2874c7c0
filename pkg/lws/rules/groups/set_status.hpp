// SPDX-License-Identifier: Apache-2.0
// Status of a set: counts, conditions and the body that writes them. Source of the rules:
// kubernetes-sigs/lws v0.10, leaderworkerset_controller.go, updateStatus and updateConditions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/k8s/meta.hpp"
#include "pkg/lws/rules/groups/event.hpp"
#include "pkg/lws/rules/groups/group_id.hpp"
#include "pkg/lws/rules/groups/rollout.hpp"

namespace lws::rules {

// A leader pod whose worker StatefulSet exists, or of a set of size 1. Terminating ones and surge
// groups are in.
struct ObservedGroup {
    GroupId id{0};
    GroupState state;
};

// Condition types; the first three are upstream's, the last is ours.
inline constexpr std::string_view kAvailable = "Available";
inline constexpr std::string_view kProgressing = "Progressing";
inline constexpr std::string_view kUpdateInProgress = "UpdateInProgress";
inline constexpr std::string_view kNameConflict = "NameConflict";

// An object of a name that the set wants and that is not ours to write: condition NameConflict.
struct NameConflict {
    std::string message;
};

struct StatusInput {
    const api::LeaderWorkerSet* set = nullptr;
    json::View set_object;  // of the same set: copied into the body apart from its status
    std::int32_t stateful_set_replicas = 0;  // status.replicas of the leader StatefulSet
    std::vector<ObservedGroup> groups;
    std::optional<NameConflict> conflict;
    // Why groups are not coming up, for people: follows the message of Progressing.
    std::string trouble;
    k8s::Seconds now;
};

enum class StatusChange {
    none,
    counts,  // numbers only: may wait a moment, so that a burst of groups costs one write
    // Available turns False for groups that are not ready, and nothing else is to be told: they may
    // be ready again before long.
    availability_lost,
    conditions,  // somebody waits for it: write at once
};

struct StatusPlan {
    StatusChange change = StatusChange::none;
    // The whole set for PUT /status, with the resourceVersion of set_object; empty if none.
    std::string body;
    // To be sent after the write, when a condition or its observedGeneration changed.
    std::optional<Event> event;
    // All R groups are updated and ready and no partition of the user's holds any back: old
    // revisions may go.
    bool rollout_done = false;
};

// The set as events regard it.
[[nodiscard]] k8s::ObjectReference reference_to(const api::LeaderWorkerSet& set);

[[nodiscard]] StatusPlan plan_status(const StatusInput& input);

}  // namespace lws::rules
