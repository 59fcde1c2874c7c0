// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/group_model.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/rules/model/model_run.hpp"

using namespace lws::rules::model;
using lws::api::RestartPolicy;
using lws::api::StartupPolicy;

namespace {

void prove_scope(std::string_view name, const GroupScope& scope) {
    prove(name, real_group_model(scope));
}

}  // namespace

TEST_CASE("every failure of a group restarts it once, and leftovers never do", "[model][group]") {
    GroupScope scope;
    scope.failures = 2;
    prove_scope("a group, 2 failures", scope);
    scope.policy = RestartPolicy::recreate_group_after_start;
    prove_scope("a group, AfterStart, 2 failures", scope);
}

TEST_CASE("a group is restarted once whatever the caches show", "[model][group]") {
    GroupScope scope;
    scope.caches = GroupScope::Caches::lagging;
    prove_scope("a group, caches that lag, 1 failure", scope);
}

TEST_CASE("a controller that dies or gets no answer restarts a group once", "[model][group]") {
    GroupScope scope;
    scope.crashes = 1;
    scope.lost_answers = 1;
    prove_scope("a group, 1 failure, 1 restart of the controller, 1 lost answer", scope);
}

TEST_CASE("LeaderReady and None bring a group up and leave it so", "[model][group]") {
    GroupScope scope;
    scope.startup = StartupPolicy::leader_ready;
    prove_scope("a group, LeaderReady, 1 failure", scope);
    scope.policy = RestartPolicy::none;
    prove_scope("a group, LeaderReady, policy None, 1 failure", scope);
}
