// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "pkg/lws/rules/admission/affinity.hpp"
#include "pkg/lws/rules/admission/pod_draft.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// Index of the subgroup that a worker belongs to, in a group of `size` pods. When only the workers
// divide evenly, the leader is an extra member of the first subgroup. `subgroup_size` is not 0.
// Source: kubernetes-sigs/lws v0.10 pkg/webhooks/pod_webhook.go, getSubGroupIndex.
[[nodiscard]] std::int64_t worker_subgroup_index(
    std::int64_t size, std::int64_t subgroup_size, std::int64_t worker_index
);

// Subgroup labels of a leader, always those of subgroup 0, and its exclusive placement. Nothing
// without a subgroup size, with an index there already, or when the policy leaves leaders out.
void plan_leader_subgroup(PodDraft& draft, AffinityPlanner& affinity);

// The same for a worker; denies a subgroup size that is no integer or 0.
[[nodiscard]] Result<void> plan_worker_subgroup(
    PodDraft& draft, AffinityPlanner& affinity, std::int64_t size, std::int32_t worker_index
);

// The subgroup-size annotation as a divisor: an integer other than 0.
[[nodiscard]] Result<std::int64_t> read_subgroup_size(const PodDraft& draft);

}  // namespace lws::rules
