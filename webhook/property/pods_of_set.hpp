// SPDX-License-Identifier: Apache-2.0
// From a set to the pods that its StatefulSets would create, and their admission.
#pragma once

#include <string>
#include <vector>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"
#include "webhook/property/mutation_checks.hpp"

namespace lws::webhook::property {

// The pod with this ordinal of a StatefulSet, as kube-controller-manager posts it (Kubernetes v1.36
// pkg/controller/statefulset, newStatefulSetPod).
[[nodiscard]] std::string make_pod(json::View stateful_set, std::int64_t ordinal);

struct PodsOfSet {
    std::vector<Mutation> leaders;
    std::vector<Mutation> workers;
};

// Makes leaders and workers of some groups, the first and the last among them, the leader
// StatefulSet's first, the workers' from the leader as it was admitted. `set` is one that the
// webhook accepted, with its defaults. The error tells which pod was not admitted, or was not
// admitted as a member of its group.
//
// Left out, because nothing can be promised there: templates that no API server would store
// (another type than the schema's), templates that set labels or annotations of
// leaderworkerset.sigs.k8s.io themselves, and groups whose TPU environment or patch would be larger
// than any object that an API server stores.
[[nodiscard]] Result<PodsOfSet> admit_pods(json::View set, const ReviewOptions& options);

}  // namespace lws::webhook::property
