// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/restart.hpp"

#include <algorithm>
#include <charconv>

namespace lws::rules {
namespace {

using Pods = std::vector<const k8s::Pod*>;

bool controls(const std::optional<k8s::Owner>& owner, const k8s::Pod& leader) {
    return owner && owner->kind == "Pod" && owner->name == leader.key.name &&
           owner->uid == leader.uid;
}

// Workers of the leader's own incarnation, in name order. Leftovers of an earlier one, which are
// about to be collected, never count.
Pods current_workers(const RestartInput& input) {
    Pods workers;
    for (const k8s::Pod* pod : input.pods) {
        const bool current = pod->worker_index && !pod->is_leader() &&
                             pod->revision_key == input.leader->revision_key &&
                             is_of_incarnation(*pod, *input.leader, input.worker_stateful_set);
        if (current) {
            workers.push_back(pod);
        }
    }
    std::sort(workers.begin(), workers.end(), [](const k8s::Pod* a, const k8s::Pod* b) {
        return a->key < b->key;
    });
    return workers;
}

std::size_t group_size(const RestartInput& input) {
    const std::string& text = input.leader->size;
    std::int32_t size = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, size);
    if (error != std::errc() || stop != end) {
        size = input.set->spec.leader_worker_template.size;
    }
    return static_cast<std::size_t>(std::max(size, 0));
}

bool has_restarted(const k8s::Pod& pod, SidecarRestarts sidecars) {
    // In other phases the count says nothing that the phase does not (upstream,
    // ContainerRestarted).
    if (pod.phase != k8s::PodPhase::running && pod.phase != k8s::PodPhase::pending) {
        return false;
    }
    return sidecars == SidecarRestarts::count ? pod.restarted : pod.restarted_beyond_sidecars;
}

GroupMemory remember(const RestartInput& input, const Pods& workers) {
    GroupMemory memory = input.memory;
    if (memory.leader_uid != input.leader->uid) {
        memory = GroupMemory{input.leader->uid, {}, false};
    }
    const bool complete = !workers.empty() && workers.size() + 1 == group_size(input);
    if (complete && memory.workers.empty()) {
        for (const k8s::Pod* pod : workers) {
            memory.workers.push_back({pod->key.name, pod->uid});
        }
        std::sort(memory.workers.begin(), memory.workers.end());
    }
    return memory;
}

struct Failure {
    std::string pod;
    std::string reason;
};

std::optional<Failure> visible_failure(const RestartInput& input, const Pods& workers) {
    if (has_restarted(*input.leader, input.sidecars)) {
        return Failure{input.leader->key.name, "a container of the leader restarted"};
    }
    for (const k8s::Pod* worker : workers) {
        if (worker->is_deleting()) {
            return Failure{worker->key.name, "a worker is being deleted under a live leader"};
        }
        if (has_restarted(*worker, input.sidecars)) {
            return Failure{worker->key.name, "a container of a worker restarted"};
        }
    }
    return std::nullopt;
}

// A member of a group that was complete once is gone, or another pod has its name: nobody saw it
// fail, but its peers wait for it.
std::optional<Failure> vanished_member(const RestartInput& input, const GroupMemory& memory) {
    for (const GroupMember& member : memory.workers) {
        const bool there =
            std::any_of(input.pods.begin(), input.pods.end(), [&member](const k8s::Pod* pod) {
                return pod->uid == member.uid;
            });
        if (!there) {
            return Failure{member.name, "a member of the complete group vanished"};
        }
    }
    return std::nullopt;
}

// Upstream's pendingPodsInGroup: anything but exactly `size` pods counts as still starting.
bool is_starting(const RestartInput& input) {
    return input.pods.size() != group_size(input) ||
           std::any_of(input.pods.begin(), input.pods.end(), [](const k8s::Pod* pod) {
               return pod->phase == k8s::PodPhase::pending;
           });
}

}  // namespace

bool is_of_incarnation(
    const k8s::Pod& worker, const k8s::Pod& leader, const k8s::StatefulSet* worker_stateful_set
) {
    if (controls(worker.controller, leader)) {
        return true;
    }
    return worker.controller && worker_stateful_set != nullptr &&
           worker.controller->kind == "StatefulSet" &&
           worker.controller->name == worker_stateful_set->key.name &&
           worker.controller->uid == worker_stateful_set->uid &&
           controls(worker_stateful_set->controller, leader);
}

RestartVerdict judge_restart(const RestartInput& input) {
    RestartVerdict verdict;
    if (input.leader == nullptr) {
        verdict.reason = "there is no leader";
        return verdict;
    }
    const Pods workers = current_workers(input);
    verdict.memory = remember(input, workers);
    if (input.leader->is_deleting() || verdict.memory.deletion_requested) {
        verdict.action = RestartAction::leader_is_leaving;
        verdict.reason = "the leader is being deleted";
        return verdict;
    }
    const api::RestartPolicy policy = input.set->effective_restart_policy();
    if (policy != api::RestartPolicy::recreate_group_on_pod_restart &&
        policy != api::RestartPolicy::recreate_group_after_start) {
        return verdict;
    }
    auto failure = vanished_member(input, verdict.memory);
    if (!failure) {
        failure = visible_failure(input, workers);
        const bool held = policy == api::RestartPolicy::recreate_group_after_start;
        if (failure && held && is_starting(input)) {
            verdict.action = RestartAction::wait;
        }
    }
    if (!failure) {
        return verdict;
    }
    if (verdict.action != RestartAction::wait) {
        verdict.action = RestartAction::recreate;
    }
    verdict.failed_pod = std::move(failure->pod);
    verdict.reason = std::move(failure->reason);
    return verdict;
}

}  // namespace lws::rules
