// SPDX-License-Identifier: Apache-2.0
// What a pass over a group does when things go wrong: waits, hanging pods, teardown, taken names.
#include <catch2/catch.hpp>

#include "pkg/lws/rules/groups/group_scene.hpp"

using namespace lws;
using namespace lws::rules;
using namespace lws::rules::testing;
using Scene = lws::rules::testing::GroupScene;

TEST_CASE("workers can be held back for a while", "[groups][plan]") {
    Scene scene;
    scene.observed.now = *k8s::parse_time("2026-01-02T03:04:05Z");
    scene.leader.created = scene.observed.now;
    scene.observed.memory.record.recreations = {k8s::hash_text("key-a"), 3, std::nullopt};
    const GroupPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.requeue_after == std::chrono::seconds(20));
    CHECK(plan.trouble.held_until == *k8s::parse_time("2026-01-02T03:04:25Z"));
    CHECK(plan.trouble.recreations == 3);
    REQUIRE(plan.events.size() == 1);
    CHECK(plan.events[0].reason == "RecreationBackoff");
    CHECK(plan.events[0].type == EventType::warning);
    CHECK(
        plan.events[0].note ==
        "Group 1 was recreated 3 times: its workers wait 20 s, until 2026-01-02T03:04:25Z"
    );
    SECTION("which is told once") {
        scene.observed.memory = plan.memory;
        scene.observed.trouble = plan.trouble;
        scene.observed.now += std::chrono::seconds(5);
        const GroupPlan next = scene.plan();
        CHECK(next.events.empty());
        CHECK(next.trouble == plan.trouble);
        CHECK(next.requeue_after == std::chrono::seconds(15));
    }
    SECTION("and over after the delay") {
        scene.observed.memory = plan.memory;
        scene.observed.trouble = plan.trouble;
        scene.observed.now += std::chrono::seconds(20);
        const GroupPlan next = scene.plan();
        CHECK(kinds(next) == Kinds{kCreateWorkers});
        CHECK(next.trouble == GroupTrouble{});
    }
}

TEST_CASE("a pod that hangs in termination is reported once and never deleted", "[groups][plan]") {
    Scene scene;
    scene.observed.now = *k8s::parse_time("2026-01-02T03:04:05Z");
    scene.leader.deletion_time = scene.observed.now - std::chrono::seconds(59);
    scene.leader.node_name = "node-1";
    CHECK(scene.plan().requeue_after == std::chrono::seconds(1));
    CHECK(scene.plan().events.empty());
    CHECK(scene.plan().trouble == GroupTrouble{});

    scene.observed.now += std::chrono::seconds(1);
    const GroupPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    REQUIRE(plan.events.size() == 1);
    CHECK(plan.events[0].reason == "PodStuckTerminating");
    CHECK(plan.events[0].related->uid == "leader-1");
    CHECK_THAT(
        plan.events[0].note,
        Catch::Contains("Pod vllm-1 of group 1 is still terminating 60 s after its grace period") &&
            Catch::Contains("node node-1")
    );
    CHECK(plan.trouble.stuck == std::vector<StuckPod>{{"vllm-1", "leader-1", "node-1"}});
    scene.observed.trouble = plan.trouble;
    CHECK(scene.plan().events.empty());
    CHECK(scene.plan().trouble == plan.trouble);
    scene.leader.deletion_time.reset();
    CHECK(scene.plan().trouble == GroupTrouble{});
}

TEST_CASE("a stuck worker is reported under a live leader too", "[groups][plan]") {
    Scene scene;
    scene.observed.now = *k8s::parse_time("2026-01-02T03:04:05Z");
    scene.more_pods = {make_worker(make_workers(make_leader(1, "leader-before")), 1)};
    scene.more_pods[0].deletion_time = scene.observed.now - std::chrono::seconds(60);
    scene.more_pods[0].node_name = "node-2";
    CHECK(scene.plan().trouble.stuck.size() == 1);
}

TEST_CASE("a failed group with a bounded grace goes down leader first", "[groups][plan]") {
    Scene scene;
    scene.set = make_set(
        "'replicas':2",
        "'size':2",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/restart-grace-period-seconds':'2'}"
    );
    scene.workers = make_workers(scene.leader);
    scene.more_pods = {make_worker(*scene.workers, 1)};
    scene.more_pods[0].restarted = true;
    GroupPlan plan = scene.plan();
    REQUIRE(
        kinds(plan) == Kinds{ActionKind::delete_leader_pod, ActionKind::delete_worker_stateful_set}
    );
    CHECK(plan.actions[0].grace_seconds == 2);
    CHECK_FALSE(plan.actions[1].grace_seconds);

    scene.observed.memory = plan.memory_after_deletion;
    scene.leader.deletion_time = k8s::Seconds{};
    CHECK(kinds(scene.plan()) == Kinds{ActionKind::delete_worker_stateful_set});
    scene.workers->deleting = true;
    plan = scene.plan();
    REQUIRE(kinds(plan) == Kinds{ActionKind::delete_worker_pod});
    CHECK(plan.actions[0].grace_seconds == 2);
    CHECK(plan.actions[0].uid == scene.more_pods[0].uid);
    SECTION("but not when somebody else deleted the leader") {
        scene.observed.memory.deletion_requested = false;
        CHECK(scene.plan().actions.empty());
    }
}

TEST_CASE("without annotations only the leader is deleted, in its own grace", "[groups][plan]") {
    Scene scene;
    scene.workers = make_workers(scene.leader);
    scene.more_pods = {make_worker(*scene.workers, 1)};
    scene.more_pods[0].restarted = true;
    const GroupPlan plan = scene.plan();
    REQUIRE(kinds(plan) == Kinds{ActionKind::delete_leader_pod});
    CHECK_FALSE(plan.actions[0].grace_seconds);
    scene.leader.deletion_time = k8s::Seconds{};
    CHECK(scene.plan().actions.empty());
}

TEST_CASE("workers go with their leader where the set, gone or not, says so", "[groups][plan]") {
    Scene scene;
    scene.set = make_set(
        "'replicas':2",
        "'size':2",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/pod-termination-policy':'Parallel'}"
    );
    scene.workers = make_workers(scene.leader);
    CHECK(scene.plan().actions.empty());
    scene.leader.deletion_time = k8s::Seconds{};
    CHECK(kinds(scene.plan()) == Kinds{ActionKind::delete_worker_stateful_set});
    scene.workers->parallel_termination = true;
    scene.observed.set = nullptr;
    scene.observed.pods = {&scene.leader};
    scene.observed.worker_stateful_set = &*scene.workers;
    CHECK(kinds(plan_group(scene.observed)) == Kinds{ActionKind::delete_worker_stateful_set});
    scene.leader.deletion_time.reset();
    CHECK(plan_group(scene.observed).actions.empty());
}

TEST_CASE("a group whose leader has the name of a set is reported once", "[groups][plan]") {
    Scene scene;
    scene.observed.name_is_of_a_set = true;
    const GroupPlan plan = scene.plan();
    CHECK(kinds(plan) == Kinds{kCreateWorkers});
    REQUIRE(plan.events.size() == 1);
    CHECK(plan.events[0].reason == "NameConflict");
    CHECK(
        plan.trouble.conflict ==
        "LeaderWorkerSets ml/vllm and ml/vllm-1 both want StatefulSet vllm-1: rename one of them"
    );
    scene.observed.trouble = plan.trouble;
    CHECK(scene.plan().events.empty());
    CHECK(scene.plan().trouble == plan.trouble);
    scene.observed.name_is_of_a_set = false;
    CHECK(scene.plan().trouble == GroupTrouble{});
}
