// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/restart.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "pkg/lws/rules/admission/pod_name.hpp"

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

bool recreates_groups(const RestartInput& input) {
    const api::RestartPolicy policy = input.set->effective_restart_policy();
    return policy == api::RestartPolicy::recreate_group_on_pod_restart ||
           policy == api::RestartPolicy::recreate_group_after_start;
}

std::vector<GroupMember> members_of(const Pods& pods) {
    std::vector<GroupMember> members;
    for (const k8s::Pod* pod : pods) {
        members.push_back({pod->key.name, pod->uid});
    }
    std::sort(members.begin(), members.end());
    return members;
}

// The ordinal of a pod that is named like a worker of this group, `<leader>-<1 to size-1>`.
std::optional<std::size_t> worker_ordinal(const RestartInput& input, const k8s::Pod& pod) {
    const auto [parent, ordinal] = split_pod_name(pod.key.name);
    if (!ordinal || *ordinal < 1 || parent != input.leader->key.name) {
        return std::nullopt;
    }
    const auto number = static_cast<std::size_t>(*ordinal);
    const bool is_name = pod.key.name.size() == parent.size() + 1 + std::to_string(number).size();
    return is_name && number < group_size(input) ? std::optional(number) : std::nullopt;
}

// By name alone: an orphaned worker has no owner for a moment and is still the member it was.
Pods pods_named_as_workers(const RestartInput& input) {
    Pods pods;
    std::copy_if(
        input.pods.begin(),
        input.pods.end(),
        std::back_inserter(pods),
        [&](const k8s::Pod* pod) { return worker_ordinal(input, *pod).has_value(); }
    );
    return pods;
}

GroupMemory remember(const RestartInput& input, const Pods& workers) {
    GroupMemory memory = input.memory;
    if (memory.leader_uid != input.leader->uid) {
        memory.leader_uid = input.leader->uid;
        memory.workers.clear();
        memory.deletion_requested = false;
    }
    if (!recreates_groups(input)) {
        // A member may be replaced freely now, and must not count when the policy changes back.
        memory.workers.clear();
        memory.record = {};
        return memory;
    }
    memory.record.recreations =
        follow_leader(memory.record.recreations, *input.leader, input.backoff, input.now);
    const bool complete = !workers.empty() && workers.size() + 1 == group_size(input);
    if (!complete || !memory.workers.empty()) {
        return memory;
    }
    auto members = members_of(workers);
    const KnownMembers known = known_members(input.leader->uid, members);
    // An earlier process knew others: a member was replaced in between.
    if (is_known_leader(memory.record.known, input.leader->uid) && memory.record.known != known) {
        return memory;
    }
    const bool can_be_told_again = members == members_of(pods_named_as_workers(input));
    memory.record.known = can_be_told_again ? known : KnownMembers{};
    memory.workers = std::move(members);
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

// A member that an earlier process knew by its digest only: the one that is missing, else the
// youngest, which took another's name.
std::optional<Failure> changed_since_known(const RestartInput& input, const KnownMembers& known) {
    const Pods pods = pods_named_as_workers(input);
    if (known_members(input.leader->uid, members_of(pods)) == known) {
        return std::nullopt;
    }
    std::set<std::size_t> ordinals;
    for (const k8s::Pod* pod : pods) {
        ordinals.insert(*worker_ordinal(input, *pod));
    }
    for (std::size_t i = 1; i < group_size(input); ++i) {
        if (!ordinals.contains(i)) {
            return Failure{
                input.leader->key.name + "-" + std::to_string(i),
                "a member of the complete group vanished while nobody watched"
            };
        }
    }
    const auto youngest =
        std::max_element(pods.begin(), pods.end(), [](const k8s::Pod* a, const k8s::Pod* b) {
            return std::pair(a->created, a->key) < std::pair(b->created, b->key);
        });
    return Failure{
        youngest == pods.end() ? input.leader->key.name : (*youngest)->key.name,
        "a member of the complete group was replaced while nobody watched"
    };
}

// A member of a group that was complete once is gone, or another pod has its name: nobody saw it
// fail, but its peers wait for it.
std::optional<Failure> vanished_member(const RestartInput& input, const GroupMemory& memory) {
    if (memory.workers.empty() && is_known_leader(memory.record.known, input.leader->uid)) {
        return changed_since_known(input, memory.record.known);
    }
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

namespace {

enum class Counted { yes, no };

void recreate(
    RestartVerdict& verdict, const RestartInput& input, Failure failure, Counted counted
) {
    verdict.action = RestartAction::recreate;
    verdict.failed_pod = std::move(failure.pod);
    verdict.reason = std::move(failure.reason);
    verdict.memory_after_deletion = verdict.memory;
    verdict.memory_after_deletion.deletion_requested = true;
    if (counted == Counted::yes && input.backoff.on()) {
        Recreations& recreations = verdict.memory_after_deletion.record.recreations;
        recreations = count_recreation(recreations, input.leader->revision_key);
    }
}

// When the whole group became ready; nothing when it is not, or nobody says since when.
std::optional<k8s::Seconds> healthy_since(const RestartInput& input, const Pods& workers) {
    if (workers.size() + 1 != group_size(input)) {
        return std::nullopt;
    }
    Pods members = workers;
    members.push_back(input.leader);
    std::optional<k8s::Seconds> since;
    for (const k8s::Pod* pod : members) {
        if (!pod->is_running_and_ready() || pod->is_deleting() || !pod->ready_changed) {
            return std::nullopt;
        }
        since = std::max(since, pod->ready_changed);
    }
    return since;
}

void forgive_when_healthy(RestartVerdict& verdict, const RestartInput& input, const Pods& workers) {
    Recreations& recreations = verdict.memory.record.recreations;
    const auto since = recreations.count > 0 ? healthy_since(input, workers) : std::nullopt;
    if (!since) {
        return;
    }
    const k8s::Seconds forgiven = *since + input.backoff.reset_after;
    if (input.now >= forgiven) {
        recreations = {};
    } else {
        verdict.look_again = forgiven;
    }
}

// The workers of this leader are, or were, held back: true when that decides about this pass.
bool judge_held(RestartVerdict& verdict, const RestartInput& input) {
    const Recreations& recreations = verdict.memory.record.recreations;
    const bool has_workers = input.worker_stateful_set != nullptr &&
                             controls(input.worker_stateful_set->controller, *input.leader);
    if (has_workers || !is_held_leader(recreations, *input.leader)) {
        return false;
    }
    const bool restarted = has_restarted(*input.leader, input.sidecars);
    if (input.now < *recreations.next) {
        verdict.look_again = recreations.next;
        if (group_size(input) > 1 || restarted) {
            verdict.held_until = recreations.next;
        }
        return true;
    }
    if (restarted) {
        // New workers beside a leader that restarted would only fail with it.
        recreate(
            verdict,
            input,
            {input.leader->key.name, "the leader restarted while its workers were held back"},
            Counted::no
        );
        return true;
    }
    return false;
}

}  // namespace

RestartVerdict judge_restart(const RestartInput& input) {
    RestartVerdict verdict;
    if (input.leader == nullptr) {
        verdict.reason = "there is no leader";
        verdict.memory = input.memory;
        return verdict;
    }
    const Pods workers = current_workers(input);
    verdict.memory = remember(input, workers);
    if (input.leader->is_deleting() || verdict.memory.deletion_requested) {
        verdict.action = RestartAction::leader_is_leaving;
        verdict.reason = "the leader is being deleted";
        return verdict;
    }
    if (!recreates_groups(input)) {
        return verdict;
    }
    forgive_when_healthy(verdict, input, workers);
    if (judge_held(verdict, input)) {
        return verdict;
    }
    if (auto vanished = vanished_member(input, verdict.memory)) {
        recreate(verdict, input, *std::move(vanished), Counted::yes);
        return verdict;
    }
    auto failure = visible_failure(input, workers);
    if (!failure) {
        return verdict;
    }
    if (input.set->effective_restart_policy() == api::RestartPolicy::recreate_group_after_start &&
        is_starting(input)) {
        verdict.action = RestartAction::wait;
        verdict.failed_pod = std::move(failure->pod);
        verdict.reason = std::move(failure->reason);
        return verdict;
    }
    recreate(verdict, input, *std::move(failure), Counted::yes);
    return verdict;
}

}  // namespace lws::rules
