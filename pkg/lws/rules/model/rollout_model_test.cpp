// SPDX-License-Identifier: Apache-2.0
// What is explored in `make test`; rollout_soak_test.cpp goes further.
#include <catch2/catch.hpp>

#include "pkg/lws/rules/model/rollout_run.hpp"

using namespace lws::rules::model;

namespace {

RolloutScope scope_of(std::vector<Shape> shapes) {
    RolloutScope scope;
    scope.shapes = std::move(shapes);
    return scope;
}

}  // namespace

TEST_CASE("a set comes up, rolls out a change and survives failures", "[model][rollout]") {
    RolloutScope scope = scope_of({{2, "0", "1", 0, 0, 1}});
    scope.start = RolloutScope::Start::nothing;
    scope.failures = 1;
    scope.crashes = 1;
    prove_both_gates("2 groups from nothing, 1 failure, 1 crash", scope);
}

TEST_CASE("a second change or a rollback may come at any moment", "[model][rollout]") {
    RolloutScope scope = scope_of({{3, "0", "1", 0, 0, 1}});
    scope.changes = 2;
    scope.templates = 3;
    scope.failures = 1;
    prove_both_gates("3 groups, 2 changes of template, 1 failure", scope);
}

TEST_CASE("surge groups carry a rollout and are gone at its end", "[model][rollout]") {
    RolloutScope scope = scope_of({{2, "1", "0", 0, 1, 0}});
    scope.failures = 1;
    scope.changes = 2;
    prove_both_gates("2 groups, maxSurge 1, maxUnavailable 0, 2 changes, 1 failure", scope);
    scope = scope_of({{4, "25%", "50%", 0, 1, 2}});
    scope.failures = 1;
    prove_both_gates("4 groups, maxSurge 25 %, maxUnavailable 50 %, 1 failure", scope);
    prove_both_gates("3 groups, maxSurge 3, maxUnavailable 1", scope_of({{3, "3", "1", 0, 3, 1}}));
}

TEST_CASE("a set may be scaled while it rolls out, down to nothing", "[model][rollout]") {
    prove_both_gates(
        "replicas 2, 3, 0 and 2 again, maxSurge 1",
        scope_of(
            {{2, "1", "1", 0, 1, 1},
             {3, "1", "1", 0, 1, 1},
             {0, "1", "1", 0, 0, 1},
             {2, "1", "0", 0, 1, 0}}
        )
    );
}

TEST_CASE("the budget may change while a set rolls out", "[model][rollout]") {
    prove_both_gates(
        "maxSurge and maxUnavailable of 3 groups: 0 and 1, 67 % and 0, 1 and 34 %",
        scope_of({{3, "0", "1", 0, 0, 1}, {3, "66%", "0", 0, 2, 0}, {3, "1", "34%", 0, 1, 1}})
    );
}

TEST_CASE("the user's partition holds groups back and may move", "[model][rollout]") {
    RolloutScope scope =
        scope_of({{3, "1", "1", 2, 1, 1}, {3, "1", "1", 1, 1, 1}, {3, "1", "1", 3, 1, 1}});
    scope.failures = 1;
    prove_both_gates("3 groups, partition 2, 1 and 3, 1 failure", scope);
}

TEST_CASE("a group that keeps failing does not keep the next template away", "[model][rollout]") {
    RolloutScope scope = scope_of({{3, "0", "1", 0, 0, 1}});
    scope.failures = 2;
    scope.failures_last = true;
    prove_both_gates("3 groups, 2 failures that may last", scope);
    scope = scope_of({{2, "1", "0", 0, 1, 0}});
    scope.failures = 2;
    scope.failures_last = true;
    prove_both_gates("2 groups, maxSurge 1, maxUnavailable 0, 2 failures that may last", scope);
}

TEST_CASE("a template whose pods never become ready is left behind", "[model][rollout]") {
    RolloutScope scope = scope_of({{2, "0", "1", 0, 0, 1}});
    scope.changes = 2;
    scope.templates = 3;
    scope.bad_template = 1;
    scope.failures = 1;
    prove("2 groups, a broken template, gate off", real_rollout_model(scope));

    // Where the StatefulSet counts broken pods against maxUnavailable before it deletes them
    // (Kubernetes 1.36), pods that use it up stay: a partition says which pods may go, not that
    // they must. Somebody has to delete them, as after any broken rollout of a StatefulSet.
    scope.gate = Gate::on;
    const Report report =
        explore("2 groups, a broken template, gate on", real_rollout_model(scope));
    REQUIRE(report.finding);
    CHECK(report.finding->what == kStuck);
}
