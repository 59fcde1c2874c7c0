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
#include "pkg/lws/rules/groups/backoff.hpp"
#include "pkg/lws/rules/groups/group_memory.hpp"

namespace lws::rules {

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
    BackoffSettings backoff;
    k8s::Seconds now;
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
    // To be kept for the next pass, and what replaces it once the leader is deleted.
    GroupMemory memory;
    GroupMemory memory_after_deletion;
    // The group failed repeatedly: no workers before this time.
    std::optional<k8s::Seconds> held_until;
    // A new judgement is due then, though nothing may change until then.
    std::optional<k8s::Seconds> look_again;
};

[[nodiscard]] RestartVerdict judge_restart(const RestartInput& input);

// The worker was made for this very leader object: its StatefulSet (name and UID) is controlled by
// the leader (name and UID), or the leader controls it directly.
[[nodiscard]] bool is_of_incarnation(
    const k8s::Pod& worker, const k8s::Pod& leader, const k8s::StatefulSet* worker_stateful_set
);

}  // namespace lws::rules
