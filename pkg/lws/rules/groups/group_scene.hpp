// SPDX-License-Identifier: Apache-2.0
// A group with everything that a pass over it looks at, for the tests of plan_group.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pkg/lws/rules/groups/groups_fixture.hpp"
#include "pkg/lws/rules/groups/plan_group.hpp"

namespace lws::rules::testing {

// Group 1 of size 2 whose leader has just come up.
struct GroupScene {
    TestSet set = make_set();
    k8s::Pod leader = make_leader(1);
    std::vector<k8s::Pod> more_pods;
    std::optional<k8s::StatefulSet> workers;
    std::optional<k8s::Service> service;
    std::vector<k8s::ControllerRevision> revisions;
    GroupObservation observed;

    GroupScene() {
        observed.group = GroupId(1);
        add_revision("key-a", 1, "2");
    }

    void add_revision(const std::string& key, int number, const std::string& size) {
        k8s::ControllerRevision revision;
        revision.key = {"ml", "vllm-" + key + "-" + std::to_string(number)};
        revision.set_name = "vllm";
        revision.revision_key = key;
        revision.revision = number;
        revision.controller = k8s::Owner{"LeaderWorkerSet", "vllm", "set-uid"};
        revision.data = R"({"spec":{"leaderWorkerTemplate":{"size":)" + size +
                        R"(,"workerTemplate":{"spec":{"containers":[]}}}}})";
        revisions.push_back(revision);
    }

    GroupPlan plan() {
        observed.set = &set.set;
        observed.pods = {&leader};
        for (const k8s::Pod& pod : more_pods) {
            observed.pods.push_back(&pod);
        }
        observed.worker_stateful_set = workers ? &*workers : nullptr;
        observed.service = service ? &*service : nullptr;
        observed.revisions.clear();
        for (const k8s::ControllerRevision& revision : revisions) {
            observed.revisions.push_back(&revision);
        }
        return plan_group(observed);
    }
};

inline std::vector<ActionKind> kinds(const GroupPlan& plan) {
    std::vector<ActionKind> out;
    for (const Action& action : plan.actions) {
        out.push_back(action.kind);
    }
    return out;
}

using Kinds = std::vector<ActionKind>;
inline constexpr auto kCreateWorkers = ActionKind::create_worker_stateful_set;

}  // namespace lws::rules::testing
