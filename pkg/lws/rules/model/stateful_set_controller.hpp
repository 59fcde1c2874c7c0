// SPDX-License-Identifier: Apache-2.0
// What kube-controller-manager does with the leader StatefulSet. Source of the rules:
// k8s.io/kubernetes v1.36, pkg/controller/statefulset, stateful_set_control.go (updateStatefulSet,
// updateStatefulSetAfterInvariantEstablished) and stateful_set_utils.go (completeRollingUpdate,
// newVersionedStatefulSetPod), podManagementPolicy Parallel.
#pragma once

#include "pkg/lws/rules/model/rollout_state.hpp"

namespace lws::rules::model {

// One sync; the same state when there is nothing to do. `fresh` is the phase of a pod just made.
[[nodiscard]] RolloutState sync_stateful_set(const RolloutState& state, Gate gate, Phase fresh);

}  // namespace lws::rules::model
