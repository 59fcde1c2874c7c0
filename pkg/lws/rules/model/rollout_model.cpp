// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/rollout_model.hpp"

#include <algorithm>

#include "pkg/lws/rules/model/stateful_set_controller.hpp"

namespace lws::rules::model {
namespace {

constexpr Actor kController = 1;
constexpr Actor kStatefulSetController = 2;
constexpr Actor kFirstGroup = 3;  // kubelets, garbage collection and the group's own passes

std::uint8_t byte(int value) {
    return static_cast<std::uint8_t>(value);
}

bool is_terminating(const Group& group) {
    return group.phase == Phase::draining || group.phase == Phase::leaving;
}

// The user moves the goal: what is down now, or given to the StatefulSet already, is not charged to
// what is decided from now on.
void excuse(RolloutState& state, const Shape& before, const Shape& shape) {
    for (int i = 0; i < kMostGroups; ++i) {
        Group& group = state.groups[static_cast<std::size_t>(i)];
        const bool down = i < shape.replicas && group.phase != Phase::ready;
        const bool to_go = i >= state.replicas && group.phase != Phase::none;
        const bool to_roll = i >= state.partition && group.phase != Phase::none &&
                             group.revision != state.update_revision;
        group.excused = byte(down || to_go || to_roll || group.excused != 0 ? 1 : 0);
    }
    const int surge = state.replicas - before.replicas;
    const int lost = std::min(surge, state.replicas - shape.replicas - shape.surge);
    state.lost_surge = byte(std::max<int>(state.lost_surge, lost));
}

void become_ready(RolloutState& state, int index) {
    Group& group = state.groups[static_cast<std::size_t>(index)];
    group.phase = Phase::ready;
    // Released and still to be rolled, or still to go: the excuse is for that.
    const bool stays = index < state.replicas &&
                       (index < state.partition || group.revision == state.update_revision);
    group.excused = byte(stays ? 0 : group.excused);
}

}  // namespace

std::vector<RolloutState> RolloutModel::initial() {
    State state;
    state.changes_left = byte(scope_.changes);
    state.failures_left = byte(scope_.failures);
    state.crashes_left = byte(scope_.crashes);
    if (scope_.start == RolloutScope::Start::nothing) {
        excuse(state, shape_of(state), shape_of(state));
        return {state};
    }
    State quiet = state;
    quiet.changes_left = quiet.failures_left = quiet.crashes_left = 0;
    settle(quiet);
    quiet.changes_left = state.changes_left;
    quiet.failures_left = state.failures_left;
    quiet.crashes_left = state.crashes_left;
    return {quiet};
}

// By one of the runs of a set that nobody disturbs. With a broken planner as far as it goes: the
// exploration begins there.
void RolloutModel::settle(State& state) {
    constexpr int kMostSteps = 10'000;
    excuse(state, shape_of(state), shape_of(state));
    std::vector<Step<State>> next;
    for (int i = 0; i < kMostSteps && !(at_goal(state) && state.remembers != 0); ++i) {
        next.clear();
        steps(state, next);
        const auto own = std::find_if(next.begin(), next.end(), [](const Step<State>& step) {
            return step.actor != kEnvironment;
        });
        if (own == next.end() || !own->broken.empty()) {
            return;
        }
        state = own->to;
    }
}

void RolloutModel::steps(const State& state, Steps& out) {
    controller_pass(state, out);
    const State synced = sync_stateful_set(state, scope_.gate, Phase::leftover);
    if (synced != state) {
        out.push_back({synced, kStatefulSetController, "StatefulSet controller", -1, {}});
    }
    for (int i = 0; i < kMostGroups; ++i) {
        group_steps(state, i, out);
        if (state.failures_left > 0) {
            failures(state, i, out);
        }
    }
    user_steps(state, out);
    for (Step<State>& step : out) {
        if (step.to.lost_surge != 0 && at_goal(step.to)) {
            step.to.lost_surge = 0;
        }
    }
}

void RolloutModel::controller_pass(const State& state, Steps& out) {
    const PassPlan plan = planner_(state);
    std::string_view broken = plan.failure.empty() ? std::string_view{} : kPassFailed;
    for (int i = 0; i < kMostGroups && broken.empty(); ++i) {
        const bool seen_ready = (plan.seen_ready >> i & 1U) != 0;
        const Phase phase = state.groups[static_cast<std::size_t>(i)].phase;
        if (seen_ready && (phase == Phase::leftover || phase == Phase::leftover_ready)) {
            broken = kOldWorkersTaken;
        }
    }
    State next = state;
    const auto die = [&] {
        State crashed = next;
        crashed.crashes_left = byte(state.crashes_left - 1);
        crashed.remembers = 0;
        out.push_back({crashed, kEnvironment, "controller dies in a pass", -1, {}});
    };
    for (const Write& write : plan.writes) {
        if (state.crashes_left > 0) {
            die();
        }
        const std::string_view result = perform(write, next);
        broken = broken.empty() ? result : broken;
    }
    if (state.crashes_left > 0) {
        die();
    }
    next.remembers = 1;
    if (next != state || !broken.empty()) {
        out.push_back({next, kController, "controller", -1, broken});
    }
    late_pass(state, plan, out);
}

// The StatefulSet controller acts after the look and before the writes.
void RolloutModel::late_pass(const State& state, const PassPlan& plan, Steps& out) const {
    State next = sync_stateful_set(state, scope_.gate, Phase::leftover);
    if (plan.writes.empty() || next == state) {
        return;
    }
    std::string_view broken;
    for (const Write& write : plan.writes) {
        const std::string_view result = perform(write, next);
        broken = broken.empty() ? result : broken;
    }
    next.remembers = 1;
    out.push_back({next, kEnvironment, "StatefulSet controller, then controller", -1, broken});
}

std::string_view RolloutModel::perform(const Write& write, State& state) const {
    switch (write.kind) {
        case WriteKind::create_revision:
            if (state.revision_count == kMostRevisions) {
                return kTooManyRevisions;
            }
            state.revisions[state.revision_count++] = byte(write.revision);
            return {};
        case WriteKind::delete_revision: {
            const auto at = state.revisions.begin() + write.position;
            std::copy(at + 1, state.revisions.end(), at);
            state.revisions.back() = 0;
            --state.revision_count;
            return {};
        }
        case WriteKind::apply:
            break;
    }
    return apply(write, state);
}

std::string_view RolloutModel::apply(const Write& write, State& state) const {
    const Shape& shape = shape_of(state);
    std::string_view broken;
    const bool same_rollout = state.exists != 0 && write.revision == state.update_revision;
    if (same_rollout && write.partition > std::max<int>(state.partition, shape.partition)) {
        broken = kPartitionRose;
    }
    if (write.replicas > shape.replicas + shape.surge) {
        broken = kTooManyReplicas;
    }
    if (write.replicas < shape.replicas) {
        broken = kTooFewReplicas;
    }
    state.replicas = byte(write.replicas);
    state.partition = byte(write.partition);
    state.max_unavailable = byte(write.max_unavailable);
    state.applied_replicas = byte(write.applied_replicas);
    state.update_revision = byte(write.revision);
    if (state.exists == 0) {
        state.exists = 1;
        state.current_revision = state.update_revision;
    }
    if (!same_rollout) {
        // Held back again: what was released and did not go is charged from now on.
        for (int i = 0; i < state.partition && i < kMostGroups; ++i) {
            Group& group = state.groups[static_cast<std::size_t>(i)];
            group.excused = byte(group.phase == Phase::ready ? 0 : group.excused);
        }
    }
    return broken;
}

void RolloutModel::group_steps(const State& state, int index, Steps& out) const {
    const Group& group = state.groups[static_cast<std::size_t>(index)];
    const bool may_start = group.revision != scope_.bad_template;
    const auto become = [&](Phase phase, std::string_view what) {
        State next = state;
        if (phase == Phase::ready) {
            become_ready(next, index);
        } else if (phase == Phase::none) {
            // Its next leader is made of what the StatefulSet wants then.
            const bool comes_back = index < std::max<int>(state.replicas, shape_of(state).replicas);
            next.groups[static_cast<std::size_t>(index)] =
                comes_back ? Group{phase, 0, group.excused, group.fails_under} : Group{};
        } else {
            next.groups[static_cast<std::size_t>(index)].phase = phase;
        }
        const auto actor = static_cast<Actor>(kFirstGroup + index);
        out.push_back({next, actor, what, static_cast<std::int8_t>(index), {}});
    };
    const bool may_make_workers = state.has_revision(group.revision);
    const bool leftover = group.phase == Phase::leftover || group.phase == Phase::leftover_ready;
    if (is_terminating(group)) {
        become(Phase::none, "leader is gone: group");
    }
    if (leftover && may_make_workers) {
        become(
            group.phase == Phase::leftover ? Phase::starting : Phase::workers_not_ready,
            "old workers are gone, new ones made: group"
        );
    }
    if (may_start && group.phase == Phase::leftover) {
        become(Phase::leftover_ready, "leader is ready: group");
    }
    if (may_start && group.phase == Phase::starting) {
        become(Phase::workers_not_ready, "leader is ready: group");
    }
    if (may_start && group.phase == Phase::workers_not_ready && !group.fails()) {
        become(Phase::ready, "workers are ready: group");
    }
}

void RolloutModel::failures(const State& state, int index, Steps& out) const {
    const Group& group = state.groups[static_cast<std::size_t>(index)];
    const auto fail = [&](Phase phase, std::string_view what) {
        State next = state;
        // One that the rollout took down stays charged to it.
        Group& failed = next.groups[static_cast<std::size_t>(index)];
        failed.excused = byte(failed.phase == Phase::ready ? 1 : failed.excused);
        failed.phase = phase;
        next.failures_left = byte(state.failures_left - 1);
        out.push_back({next, kEnvironment, what, static_cast<std::int8_t>(index), {}});
    };
    if (group.phase == Phase::ready) {
        fail(Phase::starting, "leader fails: group");
        fail(Phase::workers_not_ready, "a worker fails: group");
        if (scope_.failures_last &&
            (group.revision != state.set_template || state.changes_left > 0)) {
            fail(Phase::workers_not_ready, "a worker fails for good: group");
            out.back().to.groups[static_cast<std::size_t>(index)].fails_under =
                byte(group.revision + 1);
        }
    }
    if (group.phase != Phase::none && !is_terminating(group)) {
        const bool ready = group.phase == Phase::ready;
        fail(ready ? Phase::draining : Phase::leaving, "leader is deleted: group");
    }
}

void RolloutModel::user_steps(const State& state, Steps& out) const {
    for (int wanted = 0; wanted < scope_.templates && state.changes_left > 0; ++wanted) {
        if (wanted == state.set_template) {
            continue;
        }
        State next = state;
        excuse(next, shape_of(state), shape_of(state));
        next.set_template = byte(wanted);
        next.changes_left = byte(state.changes_left - 1);
        out.push_back(
            {next, kEnvironment, "user changes to template", static_cast<std::int8_t>(wanted), {}}
        );
    }
    for (std::size_t shape = state.shape + std::size_t{1}; shape < scope_.shapes.size(); ++shape) {
        State next = state;
        excuse(next, shape_of(state), scope_.shapes[shape]);
        next.shape = byte(static_cast<int>(shape));
        out.push_back(
            {next, kEnvironment, "user changes to shape", static_cast<std::int8_t>(shape), {}}
        );
    }
}

std::string_view RolloutModel::broken(const State& state) const {
    const Shape& shape = shape_of(state);
    int serving = 0;
    int excused = 0;
    for (int i = 0; i < kMostGroups; ++i) {
        const Group& group = state.groups[static_cast<std::size_t>(i)];
        const bool counts = i < std::max<int>(shape.replicas, state.replicas);
        serving += group.phase == Phase::ready ? 1 : 0;
        excused += counts && group.phase != Phase::ready && group.excused != 0 ? 1 : 0;
    }
    const int needed = shape.replicas - shape.unavailable - state.lost_surge;
    return serving + excused < needed ? kBudgetExceeded : std::string_view{};
}

// Groups that the user's partition holds leave the budget short, so that surge groups stay.
int RolloutModel::wanted_replicas(const State& state) const {
    const Shape& shape = shape_of(state);
    int held = 0;
    for (int i = 0; i < std::min(shape.partition, shape.replicas); ++i) {
        held += state.groups[static_cast<std::size_t>(i)].revision != state.set_template ? 1 : 0;
    }
    return shape.replicas +
           (held > shape.surge ? shape.surge : std::max(0, held - shape.unavailable));
}

bool RolloutModel::at_goal(const State& state) const {
    if (state.set_template == scope_.bad_template) {
        return true;  // nothing is claimed
    }
    const bool waits_for_change =
        std::any_of(state.groups.begin(), state.groups.end(), [&](const Group& group) {
            return group.fails_under == state.set_template + 1;
        });
    if (waits_for_change) {
        return true;  // nor of a template under which a group fails for good
    }
    const Shape& shape = shape_of(state);
    if (state.exists == 0 || state.update_revision != state.set_template ||
        state.partition != shape.partition || state.replicas != wanted_replicas(state)) {
        return false;
    }
    for (int i = 0; i < kMostGroups; ++i) {
        const Group& group = state.groups[static_cast<std::size_t>(i)];
        const bool old = group.revision != state.set_template;
        if (i >= state.replicas ? group.phase != Phase::none
                                : group.phase != Phase::ready || (old && i >= shape.partition)) {
            return false;
        }
    }
    const auto end = state.revisions.begin() + state.revision_count;
    return shape.partition > 0 || std::all_of(state.revisions.begin(), end, [&](int revision) {
               return revision == state.set_template;
           });
}

}  // namespace lws::rules::model
