// SPDX-License-Identifier: Apache-2.0
// The PodGroup of a group, which Volcano schedules as a whole or not at all. Source:
// kubernetes-sigs/lws v0.10, pkg/schedulerprovider/volcano_provider.go.
#pragma once

#include <string_view>

#include "pkg/lws/rules/groups/event.hpp"
#include "pkg/lws/rules/groups/plan.hpp"
#include "pkg/lws/rules/groups/worker_stateful_set.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// Its creation. The startup policy and the annotations are the live ones; size and requests are
// those of the leader's revision, so that an old group that is made again waits for no more pods
// than it will have. Fails on a request that is no quantity.
[[nodiscard]] Result<Action> plan_pod_group(const WorkerStatefulSetInput& input);

[[nodiscard]] Event pod_group_failure(
    const api::LeaderWorkerSet& set, const k8s::Pod& leader, std::string_view error
);

}  // namespace lws::rules
