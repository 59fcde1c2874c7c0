// SPDX-License-Identifier: Apache-2.0
// A group, its controller, the two StatefulSet controllers, garbage collection, kubelets and
// failures: every interleaving of their steps. The invariants:
//
// cause        A leader is deleted only when something of its own incarnation failed: leftovers of
//              an earlier one never restart the new group.
// once         A leader is deleted once. (After a lost answer or a crash the controller may ask
//              again, which changes nothing: the UID is a precondition.)
// incarnation  Workers count for the leader that their StatefulSet belongs to, and for no other.
// goal         Every fair run ends with a leader and workers of its own, all running, none
//              restarted, each the one that the controller knows, and stays there: no failure is
//              missed. (Failures that a controller's death hides are those of a pod that vanished
//              without a trace while it was not running.)
#pragma once

#include <string_view>
#include <vector>

#include "pkg/lws/rules/model/explorer.hpp"
#include "pkg/lws/rules/model/group_planner.hpp"
#include "pkg/lws/rules/model/group_state.hpp"

namespace lws::rules::model {

inline constexpr std::string_view kRestartWithoutCause =
    "a leader was deleted of whose incarnation nothing failed";
inline constexpr std::string_view kDeletedTwice = "a leader was deleted twice";
inline constexpr std::string_view kOldWorkersCounted =
    "workers of an earlier leader were counted for the new one";
inline constexpr std::string_view kGroupPassFailed = "a pass of the group failed";

class GroupModel {
public:
    using State = GroupModelState;

    GroupModel(GroupScope scope, GroupPlanner planner)
        : scope_(scope), planner_(std::move(planner)) {}

    [[nodiscard]] std::vector<State> initial() const;
    void steps(const State& state, std::vector<Step<State>>& out);
    [[nodiscard]] std::string_view broken(const State&) const { return {}; }
    [[nodiscard]] bool at_goal(const State& state) const;
    [[nodiscard]] std::string describe(const State& state) const { return model::describe(state); }

private:
    using Steps = std::vector<Step<State>>;

    void controller_pass(const State& state, Steps& out);
    void delete_leader(const State& before, const GroupPassPlan& plan, State next, Steps& out);
    void create_workers(const State& before, const GroupPassPlan& plan, State next, Steps& out);
    void failures(const State& state, Steps& out) const;
    [[nodiscard]] std::string_view check(const State& state, const GroupPassPlan& plan) const;
    // Adds the step, with caches and what is known of the leader brought up to date.
    void push(
        const State& before,
        State next,
        Actor actor,
        std::string_view what,
        int subject,
        Steps& out,
        std::string_view broken = {}
    ) const;

    GroupScope scope_;
    GroupPlanner planner_;
};

[[nodiscard]] inline GroupModel real_group_model(const GroupScope& scope) {
    return GroupModel(scope, RealGroupPlanner(scope));
}

}  // namespace lws::rules::model
