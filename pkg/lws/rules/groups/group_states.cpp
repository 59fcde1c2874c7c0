// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_states.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace lws::rules {
namespace {

using ByName = std::unordered_map<std::string_view, const k8s::StatefulSet*>;

ByName index_by_name(const std::vector<const k8s::StatefulSet*>& stateful_sets) {
    ByName index;
    index.reserve(stateful_sets.size());
    for (const k8s::StatefulSet* stateful_set : stateful_sets) {
        index.emplace(stateful_set->key.name, stateful_set);
    }
    return index;
}

// A StatefulSet that an earlier leader of this name left behind says nothing about the new group.
bool left_by_predecessor(const k8s::StatefulSet& workers, const k8s::Pod& leader) {
    return workers.controller && workers.controller->kind == "Pod" &&
           workers.controller->uid != leader.uid;
}

GroupState state_of(
    const k8s::Pod& leader, const k8s::StatefulSet* workers, std::string_view revision_key
) {
    GroupState state;
    state.ready = leader.is_running_and_ready();
    state.updated = leader.revision_key == revision_key;
    if (workers != nullptr) {
        state.ready = state.ready && workers->is_ready() && !left_by_predecessor(*workers, leader);
        state.updated = state.updated && workers->revision_key == revision_key;
    }
    return state;
}

// None when the workers' StatefulSet is missing.
std::optional<GroupState> observe(
    const k8s::Pod& leader,
    const ByName& stateful_sets,
    std::int32_t size,
    std::string_view revision_key
) {
    if (size == 1) {
        return state_of(leader, nullptr, revision_key);
    }
    const auto at = stateful_sets.find(leader.key.name);
    if (at == stateful_sets.end()) {
        return std::nullopt;
    }
    return state_of(leader, at->second, revision_key);
}

}  // namespace

std::vector<GroupState> group_states(
    const GroupsView& view, std::string_view revision_key, std::int32_t count
) {
    std::vector<GroupState> states(static_cast<std::size_t>(std::max(count, 0)));
    const ByName stateful_sets = index_by_name(*view.stateful_sets);
    const std::int32_t size = view.set->spec.leader_worker_template.size;
    for (const k8s::Pod* pod : *view.pods) {
        const auto group = pod->is_leader() ? GroupId::of(*pod) : std::nullopt;
        if (!group || group->index() >= count ||
            pod->key.name != group->leader_name(view.set->metadata.name)) {
            continue;
        }
        states[static_cast<std::size_t>(group->index())] =
            observe(*pod, stateful_sets, size, revision_key).value_or(GroupState{});
    }
    return states;
}

void mark_failing(
    std::vector<GroupState>& states,
    const std::vector<FailingGroup>& failing,
    std::string_view revision_key
) {
    for (const auto& [group, revision] : failing) {
        const auto at = static_cast<std::size_t>(group.index());
        if (at < states.size() && revision != k8s::hash_text(revision_key)) {
            states[at].failing = true;
        }
    }
}

std::vector<ObservedGroup> observed_groups(const GroupsView& view, std::string_view revision_key) {
    std::vector<ObservedGroup> groups;
    const ByName stateful_sets = index_by_name(*view.stateful_sets);
    const std::int32_t size = view.set->spec.leader_worker_template.size;
    for (const k8s::Pod* pod : *view.pods) {
        const auto group = pod->is_leader() ? GroupId::of(*pod) : std::nullopt;
        if (!group) {
            continue;
        }
        if (const auto state = observe(*pod, stateful_sets, size, revision_key)) {
            groups.push_back({*group, *state});
        }
    }
    return groups;
}

}  // namespace lws::rules
