// SPDX-License-Identifier: Apache-2.0
// The checker must find what a broken planner does, by the shortest way.
#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

#include "pkg/lws/rules/model/model_run.hpp"
#include "pkg/lws/rules/model/rollout_model.hpp"

using namespace lws::rules::model;

namespace {

using Break = void (*)(const RolloutState&, PassPlan&);

RolloutScope small_scope(Shape shape = {2, "0", "1", 0, 0, 1}) {
    RolloutScope scope;
    scope.shapes = {shape};
    scope.gate = Gate::on;
    return scope;
}

Report explore_broken(const RolloutScope& scope, RolloutPlanner planner) {
    const Report report = explore("a broken planner", RolloutModel(scope, std::move(planner)));
    REQUIRE(report.finding);
    std::cout << report.finding->text() << std::endl;
    return report;
}

Report explore_broken(const RolloutScope& scope, Break breaks) {
    RealRolloutPlanner real(scope);
    return explore_broken(scope, [=](const RolloutState& state) mutable {
        PassPlan plan = real(state);
        breaks(state, plan);
        return plan;
    });
}

// Changes every apply.
template <class Change>
void each_apply(PassPlan& plan, Change change) {
    for (Write& write : plan.writes) {
        if (write.kind == WriteKind::apply) {
            change(write);
        }
    }
}

}  // namespace

TEST_CASE("a planner that releases one group too many is found", "[model][rollout]") {
    RolloutScope scope = small_scope({3, "0", "2", 0, 0, 2});
    const Report report = explore_broken(scope, [](const RolloutState&, PassPlan& plan) {
        each_apply(plan, [](Write& write) { write.partition = std::max(0, write.partition - 1); });
    });
    CHECK(report.finding->what == kBudgetExceeded);
}

TEST_CASE("a planner that takes surge groups back too early is found", "[model][rollout]") {
    const RolloutScope scope = small_scope({2, "1", "0", 0, 1, 0});
    const Report report = explore_broken(scope, [](const RolloutState& state, PassPlan& plan) {
        each_apply(plan, [&](Write& write) {
            write.replicas = state.partition < 2 ? 2 : write.replicas;
        });
    });
    CHECK(report.finding->what == kBudgetExceeded);
}

TEST_CASE("a partition that goes back is found", "[model][rollout]") {
    const Report report =
        explore_broken(small_scope(), [](const RolloutState& state, PassPlan& plan) {
            each_apply(plan, [&](Write& write) {
                write.partition = state.partition == 1 ? 2 : write.partition;
            });
        });
    CHECK(report.finding->what == kPartitionRose);
}

TEST_CASE("surge groups that stay are found", "[model][rollout]") {
    const RolloutScope scope = small_scope({2, "1", "0", 0, 1, 0});
    const Report report = explore_broken(scope, [](const RolloutState& state, PassPlan& plan) {
        each_apply(plan, [&](Write& write) {
            write.replicas = std::max<int>(write.replicas, state.replicas);
        });
    });
    CHECK(report.finding->what == kStuck);
}

TEST_CASE("replicas outside of R to R + S are found", "[model][rollout]") {
    CHECK(explore_broken(small_scope(), [](const RolloutState&, PassPlan& plan) {
              each_apply(plan, [](Write& write) { ++write.replicas; });
          }).finding->what == kTooManyReplicas);
    CHECK(explore_broken(small_scope(), [](const RolloutState&, PassPlan& plan) {
              each_apply(plan, [](Write& write) { --write.replicas; });
          }).finding->what == kTooFewReplicas);
}

TEST_CASE("a planner that takes old workers for the new leader's is found", "[model][rollout]") {
    const RolloutScope scope = small_scope();
    RealRolloutPlanner real(scope);
    const Report report = explore_broken(scope, [=](RolloutState state) mutable {
        for (Group& group : state.groups) {
            if (group.phase == Phase::leftover_ready) {
                group.phase = Phase::ready;
            }
        }
        return real(state);
    });
    CHECK(report.finding->what == kOldWorkersTaken);
}

TEST_CASE("revisions that are never deleted are found", "[model][rollout]") {
    const Report report = explore_broken(small_scope(), [](const RolloutState&, PassPlan& plan) {
        std::erase_if(plan.writes, [](const Write& write) {
            return write.kind == WriteKind::delete_revision;
        });
    });
    CHECK(report.finding->what == kStuck);
}

// A held group that fails needs its old revision to get workers again.
TEST_CASE("a revision that is deleted too early is found", "[model][rollout]") {
    RolloutScope scope = small_scope({2, "0", "1", 1, 0, 1});
    scope.failures = 1;
    const Report report = explore_broken(scope, [](const RolloutState& state, PassPlan& plan) {
        if (plan.writes.empty() && state.revision_count == 2) {
            plan.writes.push_back(Write{WriteKind::delete_revision, 0, 0});
        }
    });
    CHECK(report.finding->what == kStuck);
}

TEST_CASE("a planner that believes to have applied what it did not is found", "[model][rollout]") {
    RolloutScope scope = small_scope();
    scope.crashes = 1;
    const Report report = explore_broken(scope, [](const RolloutState& state, PassPlan& plan) {
        if (state.remembers == 0 && state.exists != 0) {
            plan.writes.clear();
        } else if (state.update_revision != state.set_template && state.revision_count > 1) {
            plan.writes.clear();
        }
    });
    CHECK(report.finding->what == kStuck);
}
