// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/teardown.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::make_leader;
using lws::rules::testing::make_set;
using lws::rules::testing::make_worker;
using lws::rules::testing::make_workers;
using lws::rules::testing::TestSet;

namespace {

TestSet with(const std::string& annotations) {
    return make_set("'replicas':1", "'size':3", ",'annotations':{" + annotations + "}");
}

const std::string kBounded = "'leaderworkerset.sigs.k8s.io/restart-grace-period-seconds':'2'";
const std::string kParallel = "'leaderworkerset.sigs.k8s.io/pod-termination-policy':'Parallel'";

// Group 0 of size 3 whose leader is leaving.
struct Group {
    TestSet set = with(kBounded);
    k8s::Pod leader = make_leader(0);
    k8s::StatefulSet workers = make_workers(leader, 2);
    k8s::Pod first = make_worker(workers, 1);
    k8s::Pod second = make_worker(workers, 2);
    bool failed = true;
    bool set_is_gone = false;

    Group() { leader.deletion_time = k8s::Seconds{}; }

    [[nodiscard]] std::vector<Action> plan() const {
        TeardownInput input;
        input.set = set_is_gone ? nullptr : &set.set;
        input.leader = &leader;
        input.failed = failed;
        input.pods = {&leader, &first, &second};
        input.worker_stateful_set = &workers;
        return plan_teardown(input);
    }
};

}  // namespace

TEST_CASE("the grace of a failed group is bounded, never prolonged", "[groups][teardown]") {
    const Group group;
    k8s::Pod pod = group.first;
    CHECK(bounded_grace(group.set.set, pod) == 2);
    pod.grace_seconds = 3;
    CHECK(bounded_grace(group.set.set, pod) == 2);
    pod.grace_seconds = 2;
    CHECK_FALSE(bounded_grace(group.set.set, pod));
    pod.grace_seconds = 0;
    CHECK_FALSE(bounded_grace(group.set.set, pod));
    CHECK_FALSE(bounded_grace(with("").set, group.first));
    CHECK_FALSE(bounded_grace(
        with("'leaderworkerset.sigs.k8s.io/restart-grace-period-seconds':'0'").set, group.first
    ));
}

TEST_CASE("in a failed group the StatefulSet goes first, then its pods", "[groups][teardown]") {
    Group group;
    auto actions = group.plan();
    REQUIRE(actions.size() == 1);
    CHECK(actions[0].kind == ActionKind::delete_worker_stateful_set);
    CHECK(actions[0].uid == "workers-of-leader-0");
    CHECK(actions[0].key == k8s::ObjectKey{"ml", "vllm-0"});

    group.workers.deleting = true;
    // Garbage collection was there already and granted the pod's own grace.
    group.second.deletion_time = k8s::Seconds{};
    group.second.deletion_grace = 30;
    actions = group.plan();
    REQUIRE(actions.size() == 2);
    for (const Action& action : actions) {
        CHECK(action.kind == ActionKind::delete_worker_pod);
        CHECK(action.grace_seconds == 2);
    }
    CHECK(actions[0].uid == group.first.uid);
    CHECK(actions[1].uid == group.second.uid);

    group.second.deletion_grace = 2;
    REQUIRE(group.plan().size() == 1);
    group.first.deletion_time = k8s::Seconds{};
    group.first.deletion_grace = 0;
    CHECK(group.plan().empty());
}

TEST_CASE("nothing of a failed group is deleted beyond what was asked", "[groups][teardown]") {
    Group group;
    group.workers.deleting = true;
    SECTION("without the annotation") {
        group.set = with("");
        CHECK(group.plan().empty());
        group.workers.deleting = false;
        CHECK(group.plan().empty());
        CHECK_FALSE(take_down_workers(group.set.set, group.leader, &group.workers));
    }
    SECTION("workers of another leader") {
        group.workers.controller->uid = "leader-next";
        CHECK(group.plan().empty());
        CHECK_FALSE(take_down_workers(with(kBounded).set, group.leader, &group.workers));
    }
    SECTION("somebody else's StatefulSet") {
        group.workers.controller = k8s::Owner{"LeaderWorkerSet", "vllm-0", "x"};
        group.workers.deleting = false;
        CHECK(group.plan().empty());
        group.workers.controller.reset();
        CHECK(group.plan().empty());
    }
    SECTION("pods of another StatefulSet") {
        group.first.controller->uid = "older";
        group.second.controller.reset();
        CHECK(group.plan().empty());
    }
    SECTION("pods with less grace than the bound") {
        group.first.grace_seconds = 2;
        group.second.grace_seconds = 1;
        CHECK(group.plan().empty());
    }
    SECTION("the set is gone") {
        group.set_is_gone = true;
        group.workers.deleting = false;
        CHECK(group.plan().empty());
    }
}

TEST_CASE("Parallel takes workers down with a healthy leader too", "[groups][teardown]") {
    Group group;
    group.failed = false;
    SECTION("where the set says so") {
        group.set = with(kParallel);
        REQUIRE(group.plan().size() == 1);
        CHECK(group.plan()[0].kind == ActionKind::delete_worker_stateful_set);
        CHECK(group.plan()[0].uid == group.workers.uid);
        group.workers.deleting = true;
        CHECK(group.plan().empty());
    }
    SECTION("where a set that is gone said so") {
        group.set_is_gone = true;
        CHECK(group.plan().empty());
        group.workers.parallel_termination = true;
        CHECK(group.plan().size() == 1);
    }
    SECTION("not by what the StatefulSet says while the set is there") {
        group.workers.parallel_termination = true;
        CHECK(group.plan().empty());
    }
    SECTION("not by a bound on the grace of failed groups") {
        CHECK(group.plan().empty());
    }
}
