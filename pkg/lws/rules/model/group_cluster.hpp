// SPDX-License-Identifier: Apache-2.0
// What Kubernetes does with the objects of one group: the controllers of both StatefulSets, garbage
// collection (k8s.io/kubernetes v1.36, pkg/controller/garbagecollector, attemptToDeleteItem) and
// kubelets.
#pragma once

#include <string_view>
#include <vector>

#include "pkg/lws/rules/model/group_state.hpp"

namespace lws::rules::model {

enum class ClusterActor : std::uint8_t {
    leader_stateful_set,
    worker_stateful_set,
    garbage_collector,
    leader_kubelet,
    worker_kubelet,  // one for each worker
};

struct ClusterStep {
    GroupModelState to;
    ClusterActor actor{};
    int subject = -1;
    std::string_view what;
};

// Everything that can happen next by itself.
[[nodiscard]] std::vector<ClusterStep> cluster_steps(const GroupModelState& state);

[[nodiscard]] bool is_own(const PodState& worker, const GroupObjects& objects);

}  // namespace lws::rules::model
