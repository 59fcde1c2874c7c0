// SPDX-License-Identifier: Apache-2.0
// A set, its controller, the StatefulSet controller, kubelets and a user: every interleaving of
// their steps. The invariants:
//
// budget      Groups that serve, surge ones included, are at least R - U, less those that are down
//             and excused. Excused is a group that failed by itself while it served, one that a
//             change of the set found down or about to go, and one that the change found released
//             to the StatefulSet (at or above the partition) and of an old template; until it is
//             ready again. A change that takes surge groups back in a rollout lets as many more be
//             down until its end, for the formulas count them once more in the pass that does so.
//             Known limits of the peer's arithmetic, in which one group too many may go down, and
//             which the scopes leave out: a change taken back with two or more surge groups up
//             (counted once more in the pass that shrinks), and a surge group that is being
//             deleted when a scale-up wants it again (counted as ready until it is gone).
// one way     Without a new template the partition never rises above the user's.
// surge       The StatefulSet gets at most R + S replicas, and at least R.
// incarnation Workers of the leader before never make a group ready.
// goal        Every fair run ends with R groups, ready and new (those that the user's partition
//             holds back apart), no surge group and no old revision, and stays there. Also where
//             groups fail for good under the old template.
#pragma once

#include <string_view>
#include <vector>

#include "pkg/lws/rules/model/explorer.hpp"
#include "pkg/lws/rules/model/rollout_planner.hpp"
#include "pkg/lws/rules/model/rollout_state.hpp"

namespace lws::rules::model {

inline constexpr std::string_view kBudgetExceeded = "fewer groups serve than the budget allows";
inline constexpr std::string_view kPartitionRose = "the partition rose within a rollout";
inline constexpr std::string_view kTooManyReplicas = "the StatefulSet has more replicas than R + S";
inline constexpr std::string_view kTooFewReplicas = "the StatefulSet has fewer replicas than R";
inline constexpr std::string_view kOldWorkersTaken =
    "workers of an earlier leader were taken for the new one's";
inline constexpr std::string_view kPassFailed = "a pass failed";
inline constexpr std::string_view kTooManyRevisions = "there are more revisions than changes";

class RolloutModel {
public:
    using State = RolloutState;

    RolloutModel(RolloutScope scope, RolloutPlanner planner)
        : scope_(std::move(scope)), planner_(std::move(planner)) {}

    [[nodiscard]] std::vector<State> initial();
    void steps(const State& state, std::vector<Step<State>>& out);
    [[nodiscard]] std::string_view broken(const State& state) const;
    [[nodiscard]] bool at_goal(const State& state) const;
    [[nodiscard]] std::string describe(const State& state) const { return model::describe(state); }

private:
    using Steps = std::vector<Step<State>>;

    void settle(State& state);
    void controller_pass(const State& state, Steps& out);
    void late_pass(const State& state, const PassPlan& plan, Steps& out) const;
    void group_steps(const State& state, int index, Steps& out) const;
    void user_steps(const State& state, Steps& out) const;
    void failures(const State& state, int index, Steps& out) const;
    [[nodiscard]] std::string_view perform(const Write& write, State& state) const;
    [[nodiscard]] std::string_view apply(const Write& write, State& state) const;
    [[nodiscard]] const Shape& shape_of(const State& state) const {
        return scope_.shapes[state.shape];
    }
    [[nodiscard]] int wanted_replicas(const State& state) const;

    RolloutScope scope_;
    RolloutPlanner planner_;
};

[[nodiscard]] inline RolloutModel real_rollout_model(const RolloutScope& scope) {
    return RolloutModel(scope, RealRolloutPlanner(scope));
}

}  // namespace lws::rules::model
