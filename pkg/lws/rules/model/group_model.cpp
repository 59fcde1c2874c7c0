// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/group_model.hpp"

#include <algorithm>

#include "pkg/lws/rules/model/group_cluster.hpp"

namespace lws::rules::model {
namespace {

constexpr Actor kController = 1;
constexpr Actor kWatch = 2;
constexpr Actor kFirstOfCluster = 3;

// Something of the leader's incarnation is not what it was, and the leader is the same.
bool has_failed(const GroupObjects& before, const GroupObjects& after) {
    if (after.leader.restarted != before.leader.restarted) {
        return true;
    }
    for (std::size_t i = 0; i < before.workers.size(); ++i) {
        const PodState& was = before.workers[i];
        const PodState& is = after.workers[i];
        if (is_own(was, before) &&
            (is.uid != was.uid || is.restarted != was.restarted || is.deletion != was.deletion)) {
            return true;
        }
    }
    const bool had_workers =
        before.stateful_set.uid != 0 && before.stateful_set.owner == before.leader.uid;
    return had_workers && after.stateful_set.uid != before.stateful_set.uid;
}

std::uint8_t less_one(std::uint8_t number) {
    return static_cast<std::uint8_t>(number - 1);
}

}  // namespace

std::vector<GroupModelState> GroupModel::initial() const {
    State state;
    state.failures_left = static_cast<std::uint8_t>(scope_.failures);
    state.crashes_left = static_cast<std::uint8_t>(scope_.crashes);
    state.lost_answers_left = static_cast<std::uint8_t>(scope_.lost_answers);
    return {state};
}

void GroupModel::push(
    const State& before,
    State next,
    Actor actor,
    std::string_view what,
    int subject,
    Steps& out,
    std::string_view broken
) const {
    if (next.live.leader.uid != before.live.leader.uid) {
        next.has_cause = next.asked = 0;
    } else if (has_failed(before.live, next.live)) {
        next.has_cause = 1;
    }
    if (scope_.caches == GroupScope::Caches::current) {
        next.cache = next.live;
    }
    if (next != before || !broken.empty()) {
        out.push_back({next, actor, what, static_cast<std::int8_t>(subject), broken});
    }
}

void GroupModel::steps(const State& state, Steps& out) {
    controller_pass(state, out);
    if (state.cache != state.live) {
        State next = state;
        next.cache = next.live;
        push(state, next, kWatch, "caches catch up", -1, out);
    }
    for (const ClusterStep& step : cluster_steps(state)) {
        int actor = kFirstOfCluster + static_cast<int>(step.actor);
        actor += step.actor == ClusterActor::worker_kubelet ? step.subject : 0;
        push(state, step.to, static_cast<Actor>(actor), step.what, step.subject, out);
    }
    if (state.failures_left > 0) {
        failures(state, out);
    }
    if (state.crashes_left > 0) {
        State next = state;
        next.crashes_left = less_one(state.crashes_left);
        next.memory = {};
        next.cache = next.live;
        next.asked = 0;
        push(state, next, kEnvironment, "the controller is restarted", -1, out);
    }
}

std::string_view GroupModel::check(const State& state, const GroupPassPlan& plan) const {
    if (!plan.failure.empty()) {
        return kGroupPassFailed;
    }
    if (plan.delete_leader != 0 && scope_.policy == api::RestartPolicy::none) {
        return kRestartWithoutCause;
    }
    for (std::size_t i = 0; i < state.cache.workers.size(); ++i) {
        const bool counted = (plan.own_workers >> i & 1U) != 0;
        if (counted && !is_own(state.cache.workers[i], state.cache)) {
            return kOldWorkersCounted;
        }
    }
    return {};
}

void GroupModel::controller_pass(const State& state, Steps& out) {
    const GroupPassPlan plan = planner_(state.cache, state.memory);
    State next = state;
    next.memory = plan.memory;
    if (const std::string_view broken = check(state, plan); !broken.empty()) {
        push(state, next, kController, "controller", -1, out, broken);
    } else if (plan.delete_leader != 0) {
        delete_leader(state, plan, next, out);
    } else if (plan.create_workers_for != 0) {
        create_workers(state, plan, next, out);
    } else {
        push(state, next, kController, "controller takes a look", -1, out);
    }
}

void GroupModel::delete_leader(
    const State& before, const GroupPassPlan& plan, State next, Steps& out
) {
    PodState& leader = next.live.leader;
    const bool hits =
        leader.uid != 0 && (leader.uid == plan.delete_leader || plan.delete_leader == kAnyLeader);
    std::string_view broken;
    if (hits &&
        (before.asked != 0 || (before.cache == before.live && leader.deletion != Deletion::none))) {
        broken = kDeletedTwice;
    } else if (hits && before.has_cause == 0) {
        broken = kRestartWithoutCause;
    }
    if (hits && leader.deletion == Deletion::none) {
        leader.deletion = Deletion::foreground;
    }
    if (before.lost_answers_left > 0) {
        State lost = next;
        lost.lost_answers_left = less_one(before.lost_answers_left);
        push(before, lost, kEnvironment, "controller deletes the leader, answer lost", -1, out);
    }
    // Gone counts as deleted; under another UID it is a conflict.
    if (hits || leader.uid == 0) {
        next.memory.deletion_requested = 1;
    }
    next.asked = hits ? 1 : before.asked;
    push(before, next, kController, "controller deletes the leader", -1, out, broken);
}

void GroupModel::create_workers(
    const State& before, const GroupPassPlan& plan, State next, Steps& out
) {
    WorkersState& workers = next.live.stateful_set;
    if (workers.uid == 0) {
        workers = {++next.stateful_sets, plan.create_workers_for, Deletion::none};
        if (before.lost_answers_left > 0) {
            State lost = next;
            lost.lost_answers_left = less_one(before.lost_answers_left);
            push(before, lost, kEnvironment, "controller makes workers, answer lost", -1, out);
        }
    }
    // The answer, or after AlreadyExists the look at what is there.
    next.cache.stateful_set = workers;
    push(before, next, kController, "controller makes workers", -1, out);
}

void GroupModel::failures(const State& state, Steps& out) const {
    const auto fail = [&](auto change, std::string_view what, int subject) {
        State next = state;
        next.failures_left = less_one(state.failures_left);
        change(next.live);
        push(state, next, kEnvironment, what, subject, out);
    };
    const PodState& leader = state.live.leader;
    if (leader.uid != 0) {
        fail([](GroupObjects& live) { live.leader = {}; }, "the leader vanishes", -1);
    }
    if (leader.uid != 0 && leader.deletion == Deletion::none) {
        fail(
            [](GroupObjects& live) { live.leader.deletion = Deletion::background; },
            "somebody deletes the leader",
            -1
        );
    }
    if (leader.running != 0 && leader.restarted == 0) {
        fail([](GroupObjects& live) { live.leader.restarted = 1; }, "the leader restarts", -1);
    }
    if (state.live.stateful_set.uid != 0) {
        fail(
            [](GroupObjects& live) { live.stateful_set = {}; }, "somebody deletes the workers", -1
        );
    }
    for (int i = 0; i < kWorkers; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const PodState& pod = state.live.workers[at];
        if (pod.uid == 0) {
            continue;
        }
        fail([at](GroupObjects& live) { live.workers[at] = {}; }, "vanishes: worker", i);
        if (pod.deletion == Deletion::none) {
            fail(
                [at](GroupObjects& live) { live.workers[at].deletion = Deletion::background; },
                "somebody deletes worker",
                i
            );
        }
        if (pod.running != 0 && pod.restarted == 0) {
            fail(
                [at](GroupObjects& live) { live.workers[at].restarted = 1; }, "restarts: worker", i
            );
        }
    }
}

bool GroupModel::at_goal(const State& state) const {
    const GroupObjects& live = state.live;
    const bool restarts = scope_.policy != api::RestartPolicy::none;
    const auto is_well = [restarts](const PodState& pod) {
        return pod.uid != 0 && pod.deletion == Deletion::none && pod.running != 0 &&
               (pod.restarted == 0 || !restarts);
    };
    if (state.cache != live || !is_well(live.leader) ||
        live.stateful_set.deletion != Deletion::none) {
        return false;
    }
    for (std::size_t i = 0; i < live.workers.size(); ++i) {
        const bool known = state.memory.leader == live.leader.uid && state.memory.complete != 0 &&
                           state.memory.workers[i] == live.workers[i].uid;
        if (!is_well(live.workers[i]) || !is_own(live.workers[i], live) || (restarts && !known)) {
            return false;
        }
    }
    return true;
}

}  // namespace lws::rules::model
