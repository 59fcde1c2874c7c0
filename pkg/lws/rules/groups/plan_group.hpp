// SPDX-License-Identifier: Apache-2.0
// One pass over a group: recreate it, or give its leader a Service, a PodGroup and the workers'
// StatefulSet.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/k8s/controller_revision.hpp"
#include "pkg/lws/k8s/owned_object.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
#include "pkg/lws/rules/groups/group_id.hpp"
#include "pkg/lws/rules/groups/group_trouble.hpp"
#include "pkg/lws/rules/groups/plan.hpp"
#include "pkg/lws/rules/groups/restart.hpp"

namespace lws::rules {

enum class GangScheduling { off, volcano };

// A question that only the API server can answer: the value of `label` on that node.
struct NodeQuestion {
    std::string node;
    std::string label;

    friend bool operator==(const NodeQuestion&, const NodeQuestion&) = default;
};

struct NodeAnswer {
    NodeQuestion question;
    Result<std::string> value;
};

// Pointers are never null unless said, and outlive the call.
struct GroupObservation {
    const api::LeaderWorkerSet* set = nullptr;  // null: gone, nothing to do
    GroupId group{0};
    // Every pod of the group (GroupId::of(), or by label), leader included, terminating included.
    std::vector<const k8s::Pod*> pods;
    // Of the leader's name, whoever owns it; null when there is none in the caches. After
    // AlreadyExists the caller reads the object by name and shows it here. The same for service.
    const k8s::StatefulSet* worker_stateful_set = nullptr;
    const k8s::Service* service = nullptr;
    // All of the set, whoever owns them.
    std::vector<const k8s::ControllerRevision*> revisions;
    std::optional<NodeAnswer> node_answer;
    GroupMemory memory;
    GroupTrouble trouble;  // of the last pass: what it told is not told again
    // There is a set of the leader's name, which wants a StatefulSet of that name too.
    bool name_is_of_a_set = false;
    SidecarRestarts sidecars = SidecarRestarts::count;
    BackoffSettings backoff;
    k8s::Seconds now;
    GangScheduling gang = GangScheduling::off;
    // Of the name that the leader's annotation says. Looked at with gang scheduling alone; before
    // the first list of them is complete, none is known.
    const k8s::PodGroup* pod_group = nullptr;
    bool pod_groups_known = false;
};

struct GroupPlan : Plan {
    GroupMemory memory;  // replaces the observed one
    // Replaces it in turn once an action delete_leader_pod of this plan succeeded.
    GroupMemory memory_after_deletion;
    GroupTrouble trouble;  // replaces the observed one
    // Answer it and plan again.
    std::optional<NodeQuestion> node_question;
};

[[nodiscard]] GroupPlan plan_group(const GroupObservation& observed);

}  // namespace lws::rules
