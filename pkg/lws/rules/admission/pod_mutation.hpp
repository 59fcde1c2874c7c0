// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// Who schedules a group as one.
enum class GangScheduling { off, volcano };

struct PodMutationOptions {
    GangScheduling gang_scheduling = GangScheduling::off;
};

// Plans what admission changes on a pod of a LeaderWorkerSet at its creation: group and subgroup
// labels, worker index, subdomain, exclusive placement, gang annotation, TPU and LWS environment.
// A pod without the set's name label is left alone. `patch` was made for `pod`.
//
// Errors: forbidden denies the pod, its message is for the user (the Kubernetes API's texts);
// invalid_input says that this is no pod. The patch is then of no use.
//
// Total on any JSON that json::parse() accepted. Minimal: whole entries only, nothing that is
// unknown is touched, and planning for the patched pod yields an empty patch. Pure; any thread.
// Source: kubernetes-sigs/lws v0.10 pkg/webhooks/pod_webhook.go, Default.
[[nodiscard]] Result<void> plan_pod(
    json::View pod, const PodMutationOptions& options, json::PatchBuilder& patch
);

}  // namespace lws::rules
