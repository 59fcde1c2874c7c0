// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/stateful_set_controller.hpp"

namespace lws::rules::model {
namespace {

bool is_terminating(const Group& group) {
    return group.phase == Phase::draining || group.phase == Phase::leaving;
}

// The StatefulSet sees leader pods alone; their workers are nothing to it.
bool leader_is_available(const Group& group) {
    return group.phase == Phase::leftover_ready || group.phase == Phase::workers_not_ready ||
           group.phase == Phase::ready;
}

void delete_leader(Group& group) {
    group.phase = group.phase == Phase::ready ? Phase::draining : Phase::leaving;
}

Group& at(RolloutState& state, int ordinal) {
    return state.groups[static_cast<std::size_t>(ordinal)];
}

// Missing pods are made and those beyond the replicas deleted, all in the same sync.
void scale(RolloutState& state, Phase fresh) {
    for (int i = 0; i < kMostGroups; ++i) {
        Group& group = at(state, i);
        if (i < state.replicas && group.phase == Phase::none) {
            group.phase = fresh;
            group.revision = i < state.partition ? state.current_revision : state.update_revision;
        } else if (i >= state.replicas && group.phase != Phase::none && !is_terminating(group)) {
            delete_leader(group);
        }
    }
}

// From the top, one at a time: a pod of an old revision goes whatever its health, and an
// unavailable new one must become available before the next.
void roll_one(RolloutState& state) {
    for (int i = state.replicas - 1; i >= state.partition; --i) {
        Group& group = at(state, i);
        if (group.revision != state.update_revision && !is_terminating(group)) {
            delete_leader(group);
            return;
        }
        if (!leader_is_available(group)) {
            return;
        }
    }
}

// From the top, as many as maxUnavailable leaves. Every unavailable pod takes its share, also one
// that is to be deleted, so that broken pods can stop a rollout for good.
void roll_with_budget(RolloutState& state) {
    int left = state.max_unavailable;
    for (int i = 0; i < state.replicas; ++i) {
        left -= leader_is_available(at(state, i)) ? 0 : 1;
    }
    for (int i = state.replicas - 1; i >= state.partition && left > 0; --i) {
        Group& group = at(state, i);
        if (group.revision != state.update_revision && !is_terminating(group)) {
            delete_leader(group);
            --left;
        }
    }
}

// Judged by the pods that the sync found.
void complete_update(const RolloutState& found, RolloutState& state) {
    for (int i = 0; i < kMostGroups; ++i) {
        const Group& group = found.groups[static_cast<std::size_t>(i)];
        const bool counts = leader_is_available(group) && group.revision == found.update_revision;
        if (i < found.replicas ? !counts : group.phase != Phase::none) {
            return;
        }
    }
    state.current_revision = state.update_revision;
}

}  // namespace

RolloutState sync_stateful_set(const RolloutState& state, Gate gate, Phase fresh) {
    RolloutState next = state;
    if (state.exists == 0) {
        return next;
    }
    scale(next, fresh);
    if (gate == Gate::on) {
        roll_with_budget(next);
    } else {
        roll_one(next);
    }
    complete_update(state, next);
    return next;
}

}  // namespace lws::rules::model
