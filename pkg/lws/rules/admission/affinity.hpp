// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "pkg/lws/rules/admission/pod_draft.hpp"

namespace lws::rules {

// Adds the pod affinity that puts one group (or subgroup) alone on one topology domain: together
// with its own, apart from every other. One planner per pod, because a second request for a
// topology key is satisfied by the first.
// Source: kubernetes-sigs/lws v0.10 pkg/webhooks/pod_webhook.go, SetExclusiveAffinities.
class AffinityPlanner {
public:
    explicit AffinityPlanner(PodDraft& draft) : draft_(draft) {}

    // Appends one required affinity and one required anti-affinity term on the label `key` with
    // `value`, unless the pod has one of each for `topology` already, whatever they select.
    // `topology` must outlive the planner.
    void require_exclusive(std::string_view key, std::string_view value, std::string_view topology);

private:
    [[nodiscard]] bool applied(std::string_view topology) const;

    PodDraft& draft_;
    std::optional<std::string_view> planned_topology_;
};

}  // namespace lws::rules
