// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/teardown.hpp"

#include <algorithm>
#include <string>

#include "pkg/lws/rules/groups/restart.hpp"

namespace lws::rules {
namespace {

bool is_ours(const k8s::StatefulSet* workers, const k8s::Pod& leader) {
    return workers != nullptr && workers->controller && workers->controller->kind == "Pod" &&
           workers->controller->name == leader.key.name && workers->controller->uid == leader.uid;
}

Action delete_workers(const k8s::StatefulSet& workers, std::string reason) {
    Action action;
    action.kind = ActionKind::delete_worker_stateful_set;
    action.key = workers.key;
    action.uid = workers.uid;
    action.reason = std::move(reason);
    return action;
}

// Deleting again shortens the grace period of a deletion that is under way.
std::vector<Action> delete_members(const TeardownInput& input) {
    std::vector<Action> actions;
    for (const k8s::Pod* pod : input.pods) {
        const auto grace = bounded_grace(*input.set, *pod);
        if (!grace || pod->is_leader() ||
            !is_of_incarnation(*pod, *input.leader, input.worker_stateful_set)) {
            continue;
        }
        if (pod->is_deleting() && pod->deletion_grace.value_or(pod->grace_seconds) <= *grace) {
            continue;
        }
        Action action;
        action.kind = ActionKind::delete_worker_pod;
        action.key = pod->key;
        action.uid = pod->uid;
        action.grace_seconds = grace;
        action.reason = "its group failed and has a bounded grace period";
        actions.push_back(std::move(action));
    }
    return actions;
}

}  // namespace

std::optional<std::int32_t> bounded_grace(const api::LeaderWorkerSet& set, const k8s::Pod& pod) {
    const auto bound = set.restart_grace_period_seconds();
    if (!bound || *bound >= pod.grace_seconds) {
        return std::nullopt;
    }
    return static_cast<std::int32_t>(*bound);
}

std::optional<Action> take_down_workers(
    const api::LeaderWorkerSet& set, const k8s::Pod& leader, const k8s::StatefulSet* workers
) {
    if (!set.restart_grace_period_seconds() || !is_ours(workers, leader) || workers->deleting) {
        return std::nullopt;
    }
    return delete_workers(*workers, "its group failed and has a bounded grace period");
}

std::vector<Action> plan_teardown(const TeardownInput& input) {
    const k8s::StatefulSet* workers = input.worker_stateful_set;
    if (!is_ours(workers, *input.leader)) {
        return {};
    }
    if (input.failed) {
        if (input.set == nullptr) {
            return {};
        }
        if (auto action = take_down_workers(*input.set, *input.leader, workers)) {
            return {*std::move(action)};
        }
        return workers->deleting ? delete_members(input) : std::vector<Action>{};
    }
    // Once the set is gone, its StatefulSet still says what it wanted.
    const bool parallel = input.set != nullptr ? input.set->parallel_pod_termination()
                                               : workers->parallel_termination;
    if (!parallel || workers->deleting) {
        return {};
    }
    return {delete_workers(*workers, "workers go together with their leader")};
}

}  // namespace lws::rules
