// SPDX-License-Identifier: Apache-2.0
// From pods and worker StatefulSets to the states that rollout and status count.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
#include "pkg/lws/rules/groups/group_id.hpp"
#include "pkg/lws/rules/groups/rollout.hpp"
#include "pkg/lws/rules/groups/set_status.hpp"

namespace lws::rules {

struct GroupsView {
    const api::LeaderWorkerSet* set = nullptr;
    const std::vector<const k8s::Pod*>* pods = nullptr;
    const std::vector<const k8s::StatefulSet*>* stateful_sets = nullptr;
};

// A group that keeps failing (keeps_failing()), and the hash of the key under which it does.
struct FailingGroup {
    GroupId group{0};
    std::uint64_t revision = 0;

    friend bool operator==(const FailingGroup&, const FailingGroup&) = default;
};

// Marks those that fail under another key than this one.
void mark_failing(
    std::vector<GroupState>& states,
    const std::vector<FailingGroup>& failing,
    std::string_view revision_key
);

// One state for each ordinal below `count` (at most a million and as many surge groups): a leader
// counts by its label group-index and its exact name `<set>-<ordinal>`.
[[nodiscard]] std::vector<GroupState> group_states(
    const GroupsView& view, std::string_view revision_key, std::int32_t count
);

// Every leader pod whose worker StatefulSet exists, or of a set of size 1, as status counts them.
[[nodiscard]] std::vector<ObservedGroup> observed_groups(
    const GroupsView& view, std::string_view revision_key
);

}  // namespace lws::rules
