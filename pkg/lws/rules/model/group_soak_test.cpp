// SPDX-License-Identifier: Apache-2.0
// Deeper than `make test` has time for; run by `make soak-model`.
#include <catch2/catch.hpp>

#include "pkg/lws/rules/model/group_model.hpp"
#include "pkg/lws/rules/model/model_run.hpp"

using namespace lws::rules::model;
using lws::api::RestartPolicy;

TEST_CASE("soak: three failures of a group", "[.][soak]") {
    GroupScope scope;
    scope.failures = 3;
    prove("a group, 3 failures", real_group_model(scope));
    scope.policy = RestartPolicy::recreate_group_after_start;
    prove("a group, AfterStart, 3 failures", real_group_model(scope));
}

// 15 million states, in less than 8 GB of memory.
TEST_CASE("soak: caches that lag, a crash and a lost answer", "[.][soak]") {
    GroupScope scope;
    scope.failures = 2;
    scope.caches = GroupScope::Caches::lagging;
    scope.crashes = 1;
    scope.lost_answers = 1;
    prove("a group, all at once, 2 failures", real_group_model(scope));
}
