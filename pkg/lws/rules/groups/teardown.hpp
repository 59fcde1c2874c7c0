// SPDX-License-Identifier: Apache-2.0
// How the workers of a leader that is leaving go, where the set asks for more than garbage
// collection does by itself: together with the leader (annotation pod-termination-policy), or, in a
// group that failed, within a bounded grace period (annotation restart-grace-period-seconds).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
#include "pkg/lws/rules/groups/plan.hpp"

namespace lws::rules {

// What a deletion of this pod of a failed group grants; none: the pod's own grace period, which is
// shorter or the only one there is.
[[nodiscard]] std::optional<std::int32_t> bounded_grace(
    const api::LeaderWorkerSet& set, const k8s::Pod& pod
);

// Together with the deletion of a failed leader: the workers' StatefulSet, so that nothing makes
// the workers anew when they are deleted after it.
[[nodiscard]] std::optional<Action> take_down_workers(
    const api::LeaderWorkerSet& set, const k8s::Pod& leader, const k8s::StatefulSet* workers
);

struct TeardownInput {
    const api::LeaderWorkerSet* set = nullptr;  // null: gone
    // Being deleted, or its deletion was asked for.
    const k8s::Pod* leader = nullptr;
    bool failed = false;  // we deleted it to recreate its group
    std::vector<const k8s::Pod*> pods;
    // Of the leader's name, whoever owns it; null when there is none.
    const k8s::StatefulSet* worker_stateful_set = nullptr;
};

// What is still to be deleted. Nothing twice: a pod whose deletion grants no more than the bound is
// left alone.
[[nodiscard]] std::vector<Action> plan_teardown(const TeardownInput& input);

}  // namespace lws::rules
