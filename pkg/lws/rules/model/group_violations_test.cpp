// SPDX-License-Identifier: Apache-2.0
// The checker must find what a broken planner does, by the shortest way.
#include <catch2/catch.hpp>
#include <string>

#include "pkg/lws/rules/model/group_model.hpp"
#include "pkg/lws/rules/model/model_run.hpp"

using namespace lws::rules::model;

namespace {

// What is done to what the planner sees, and to what it answers.
using Blind = void (*)(GroupObjects&, MemoryState&);
using Break = void (*)(const GroupObjects&, GroupPassPlan&);

Report explore_broken(const GroupScope& scope, Blind blind, Break breaks) {
    RealGroupPlanner real(scope);
    GroupPlanner planner = [=](GroupObjects seen, MemoryState memory) mutable {
        blind(seen, memory);
        GroupPassPlan plan = real(seen, memory);
        breaks(seen, plan);
        return plan;
    };
    const Report report = explore("a broken planner", GroupModel(scope, std::move(planner)));
    REQUIRE(report.finding);
    std::cout << report.finding->text() << std::endl;
    return report;
}

void see_all(GroupObjects&, MemoryState&) {}
void answer_all(const GroupObjects&, GroupPassPlan&) {}

// As if names told who owns whom.
void ignore_incarnations(GroupObjects& seen, MemoryState&) {
    seen.stateful_set.owner = seen.leader.uid;
    for (PodState& worker : seen.workers) {
        worker.owner = seen.stateful_set.uid;
    }
}

}  // namespace

TEST_CASE("a planner that counts an earlier leader's workers is found", "[model][group]") {
    const Report report = explore_broken(GroupScope{}, ignore_incarnations, answer_all);
    CHECK(report.finding->what == kOldWorkersCounted);
}

TEST_CASE("a planner whose leftovers kill the new group is found", "[model][group]") {
    const Report report =
        explore_broken(GroupScope{}, ignore_incarnations, [](const GroupObjects&, auto& plan) {
            plan.own_workers = 0;
        });
    CHECK(report.finding->what == kRestartWithoutCause);
}

TEST_CASE("a deletion without the leader's UID is found", "[model][group]") {
    GroupScope scope;
    scope.failures = 2;
    scope.caches = GroupScope::Caches::lagging;
    const Report report =
        explore_broken(scope, see_all, [](const GroupObjects&, GroupPassPlan& plan) {
            plan.delete_leader = plan.delete_leader != 0 ? kAnyLeader : std::uint8_t{0};
        });
    CHECK(report.finding->what == kRestartWithoutCause);
}

TEST_CASE("a planner that forgets its deletion deletes twice", "[model][group]") {
    GroupScope scope;
    scope.caches = GroupScope::Caches::lagging;
    const Report report = explore_broken(
        scope, [](GroupObjects&, MemoryState& memory) { memory.deletion_requested = 0; }, answer_all
    );
    CHECK(report.finding->what == kDeletedTwice);
}

TEST_CASE("a planner that does not see a vanished member misses a restart", "[model][group]") {
    const Report report =
        explore_broken(GroupScope{}, see_all, [](const GroupObjects& seen, GroupPassPlan& plan) {
            bool visible = seen.leader.restarted != 0;
            for (const PodState& worker : seen.workers) {
                visible = visible || worker.restarted != 0 || worker.deletion != Deletion::none;
            }
            plan.delete_leader = visible ? plan.delete_leader : std::uint8_t{0};
        });
    CHECK(report.finding->what == kStuck);
}

TEST_CASE("a planner that does not see a restarted container misses a restart", "[model][group]") {
    const Report report = explore_broken(
        GroupScope{},
        [](GroupObjects& seen, MemoryState&) {
            seen.leader.restarted = 0;
            for (PodState& worker : seen.workers) {
                worker.restarted = 0;
            }
        },
        answer_all
    );
    CHECK(report.finding->what == kStuck);
}
