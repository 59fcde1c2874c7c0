// SPDX-License-Identifier: Apache-2.0
// The StatefulSet of one group's workers. Source: kubernetes-sigs/lws main of August 2026,
// pod_controller.go, constructWorkerStatefulSetApplyConfiguration.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/k8s/pod.hpp"

namespace lws::rules {

// Nodes of one topology domain, as a node selector of the worker pods.
struct TopologyPin {
    std::string key;
    std::string value;
};

struct WorkerStatefulSetInput {
    // Live: exclusive annotations and the labels and annotations that are handed on.
    const api::LeaderWorkerSet* set = nullptr;
    // `data` of the revision that the leader carries, and what read_leader_worker_set() makes of
    // it: template, size, subgroups, network, claims and retention. An old group that is made
    // again keeps its old form.
    const api::LeaderWorkerSet* revision_set = nullptr;
    json::View revision_data;
    const k8s::Pod* leader = nullptr;
    std::optional<TopologyPin> pin;
};

// Body of the POST. size must be at least 2.
[[nodiscard]] std::string make_worker_stateful_set(const WorkerStatefulSetInput& input);

}  // namespace lws::rules
