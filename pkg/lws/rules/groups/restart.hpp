// SPDX-License-Identifier: Apache-2.0
// When a group is recreated. The peer looks at the pod whose event arrives; here the whole group
// is judged each time, so that no event can be missed. Source of the rules: kubernetes-sigs/lws
// main of August 2026, pod_controller.go, handleRestartPolicy and workerPodBelongsToLeader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"

namespace lws::rules {

struct GroupMember {
    std::string name;
    std::string uid;

    friend auto operator<=>(const GroupMember&, const GroupMember&) = default;
};

// What is remembered of one incarnation between passes. It belongs to one leader UID: with another
// leader it means nothing.
struct GroupMemory {
    std::string leader_uid;
    // Workers, sorted; filled once all `size` pods existed at once, and never changed after.
    std::vector<GroupMember> workers;
    // We asked for this leader's deletion; the caches may not show it yet.
    bool deletion_requested = false;

    friend bool operator==(const GroupMemory&, const GroupMemory&) = default;
};

enum class SidecarRestarts {
    count,   // as upstream
    ignore,  // a restarted native sidecar leaves its group alone
};

// Pointers are never null unless said.
struct RestartInput {
    const api::LeaderWorkerSet* set = nullptr;
    const k8s::Pod* leader = nullptr;  // null: there is none now
    // Every pod with the group's labels, terminating ones and the leader included.
    std::vector<const k8s::Pod*> pods;
    // The StatefulSet of the leader's name; null when there is none.
    const k8s::StatefulSet* worker_stateful_set = nullptr;
    GroupMemory memory;
    SidecarRestarts sidecars = SidecarRestarts::count;
};

enum class RestartAction {
    none,
    wait,  // a failure is there, but the policy AfterStart holds it back
    leader_is_leaving,
    recreate,
};

struct RestartVerdict {
    RestartAction action = RestartAction::none;
    std::string failed_pod;  // its name
    std::string reason;
    // To be kept for the next pass.
    GroupMemory memory;
};

[[nodiscard]] RestartVerdict judge_restart(const RestartInput& input);

// The worker was made for this very leader object: its StatefulSet (name and UID) is controlled by
// the leader (name and UID), or the leader controls it directly.
[[nodiscard]] bool is_of_incarnation(
    const k8s::Pod& worker, const k8s::Pod& leader, const k8s::StatefulSet* worker_stateful_set
);

}  // namespace lws::rules
