// SPDX-License-Identifier: Apache-2.0
// Deeper than `make test` has time for; run by `make soak-model`.
#include <catch2/catch.hpp>

#include "pkg/lws/rules/model/rollout_run.hpp"

using namespace lws::rules::model;

namespace {

RolloutScope deep_scope(std::vector<Shape> shapes) {
    RolloutScope scope;
    scope.shapes = std::move(shapes);
    scope.changes = 2;
    scope.templates = 3;
    scope.failures = 1;
    scope.crashes = 1;
    return scope;
}

}  // namespace

TEST_CASE("soak: two changes, a failure and a crash in any order", "[.][soak]") {
    prove_both_gates("3 groups, maxUnavailable 1", deep_scope({{3, "0", "1", 0, 0, 1}}));
    prove_both_gates("3 groups, maxUnavailable 2", deep_scope({{3, "0", "2", 0, 0, 2}}));
    prove_both_gates("2 groups, maxSurge 1", deep_scope({{2, "1", "1", 0, 1, 1}}));
}

TEST_CASE("soak: five groups", "[.][soak]") {
    RolloutScope scope = deep_scope({{5, "20%", "40%", 0, 1, 2}});
    scope.changes = 1;
    scope.templates = 2;
    scope.crashes = 0;
    prove_both_gates("5 groups, maxSurge 20 %, maxUnavailable 40 %", scope);
}
