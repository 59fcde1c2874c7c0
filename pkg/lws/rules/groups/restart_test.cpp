// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pkg/lws/rules/groups/restart_scene.hpp"

using namespace lws;
using namespace lws::rules;
using namespace lws::rules::testing;

namespace {

const std::string kAfterStart =
    "'leaderworkerset.sigs.k8s.io/"
    "experimental-recreate-group-after-start':''";

}  // namespace

TEST_CASE("a healthy group is left alone", "[groups][restart]") {
    const Group group;
    CHECK(group.judge().action == RestartAction::none);
}

TEST_CASE("a restarted container or a deleted worker recreates the group", "[groups][restart]") {
    struct Case {
        const char* name;
        void (*fail)(Group&);
        const char* failed;
    };
    const auto c = GENERATE(values<Case>({
        {"container of a worker", [](Group& g) { g.second.restarted = true; }, "vllm-0-2"},
        {"container of the leader", [](Group& g) { g.leader.restarted = true; }, "vllm-0"},
        {"container of a pending worker",
         [](Group& g) {
             g.first.restarted = true;
             g.first.phase = k8s::PodPhase::pending;
         },
         "vllm-0-1"},
        {"worker being deleted",
         [](Group& g) { g.first.deletion_time = k8s::Seconds{}; },
         "vllm-0-1"},
        {"failed worker being deleted",
         [](Group& g) {
             g.first.phase = k8s::PodPhase::failed;
             g.first.deletion_time = k8s::Seconds{};
         },
         "vllm-0-1"},
        {"worker that the leader itself controls",
         [](Group& g) {
             g.first.controller = k8s::Owner{"Pod", "vllm-0", "leader-0"};
             g.first.restarted = true;
         },
         "vllm-0-1"},
    }));
    DYNAMIC_SECTION(c.name) {
        Group group;
        c.fail(group);
        const RestartVerdict verdict = group.judge();
        CHECK(verdict.action == RestartAction::recreate);
        CHECK(verdict.failed_pod == c.failed);
    }
}

TEST_CASE("what is no failure leaves the group alone", "[groups][restart]") {
    struct Case {
        const char* name;
        void (*change)(Group&);
    };
    const auto c = GENERATE(values<Case>({
        {"a restart count of a pod that ended",
         [](Group& g) {
             g.first.restarted = true;
             g.first.phase = k8s::PodPhase::failed;
         }},
        {"policy None",
         [](Group& g) {
             g.set = with_policy("None");
             g.first.restarted = true;
         }},
        {"policy Default",
         [](Group& g) {
             g.set = with_policy("Default");
             g.first.restarted = true;
         }},
        {"a policy that nobody knows",
         [](Group& g) {
             g.set = with_policy("Later");
             g.first.restarted = true;
         }},
        {"a worker of another revision",
         [](Group& g) {
             g.first.revision_key = "key-b";
             g.first.restarted = true;
         }},
        {"a worker of an earlier StatefulSet of the same name",
         [](Group& g) {
             g.first.controller->uid = "older";
             g.first.restarted = true;
         }},
        {"a worker whose StatefulSet belongs to an earlier leader",
         [](Group& g) {
             g.workers.controller->uid = "leader-before";
             g.first.deletion_time = k8s::Seconds{};
         }},
        {"a worker without a controller",
         [](Group& g) {
             g.first.controller.reset();
             g.first.restarted = true;
         }},
        {"a worker of something else",
         [](Group& g) {
             g.first.controller->kind = "ReplicaSet";
             g.first.restarted = true;
         }},
        {"a pod without a worker index",
         [](Group& g) {
             g.first.worker_index.reset();
             g.first.restarted = true;
         }},
    }));
    DYNAMIC_SECTION(c.name) {
        Group group;
        c.change(group);
        CHECK(group.judge().action == RestartAction::none);
    }
}

TEST_CASE("a leader that is leaving is never deleted again", "[groups][restart]") {
    Group group;
    group.first.restarted = true;
    SECTION("it is being deleted") {
        group.leader.deletion_time = k8s::Seconds{};
        CHECK(group.judge().action == RestartAction::leader_is_leaving);
    }
    SECTION("its deletion was asked for") {
        group.memory = {"leader-0", {}, true};
        CHECK(group.judge().action == RestartAction::leader_is_leaving);
    }
    SECTION("but that of an earlier leader does not count") {
        group.memory = {"leader-before", {}, true};
        CHECK(group.judge().action == RestartAction::recreate);
    }
}

TEST_CASE("without a leader nothing is recreated", "[groups][restart]") {
    Group group;
    group.first.restarted = true;
    RestartInput input;
    input.set = &group.set.set;
    input.pods = {&group.first};
    input.worker_stateful_set = &group.workers;
    CHECK(judge_restart(input).action == RestartAction::none);
}

TEST_CASE("AfterStart waits until the whole group has started", "[groups][restart]") {
    struct Case {
        const char* name;
        const char* policy;
        bool annotated;
        RestartAction want;
    };
    const auto c = GENERATE(values<Case>({
        {"policy", "RecreateGroupAfterStart", false, RestartAction::wait},
        {"annotation with OnPodRestart", "RecreateGroupOnPodRestart", true, RestartAction::wait},
        {"annotation with None", "None", true, RestartAction::none},
        {"neither", "RecreateGroupOnPodRestart", false, RestartAction::recreate},
    }));
    DYNAMIC_SECTION(c.name) {
        Group group;
        group.set = with_policy(c.policy, c.annotated ? kAfterStart : "");
        group.first.restarted = true;
        group.second.phase = k8s::PodPhase::pending;
        CHECK(group.judge().action == c.want);
        group.second.phase = k8s::PodPhase::running;
        CHECK(group.judge({&group.leader, &group.first}).action == c.want);
        const k8s::Pod leftover = make_worker(make_workers(make_leader(0, "older"), 2), 2);
        CHECK(
            group.judge({&group.leader, &group.first, &group.second, &leftover}).action == c.want
        );
        const auto started = c.want == RestartAction::wait ? RestartAction::recreate : c.want;
        CHECK(group.judge().action == started);
        group.second.deletion_time = k8s::Seconds{};
        CHECK(group.judge().action == started);
    }
}

TEST_CASE("the size that counts is the leader's", "[groups][restart]") {
    Group group;
    group.set = make_set("'replicas':2", "'size':9,'restartPolicy':'RecreateGroupAfterStart'");
    group.first.restarted = true;
    CHECK(group.judge().action == RestartAction::recreate);
    group.leader.size = "three";
    CHECK(group.judge().action == RestartAction::wait);
}

TEST_CASE("a complete group is remembered by the UIDs of its workers", "[groups][restart]") {
    Group group;
    CHECK(group.judge({&group.leader, &group.first}).memory.workers.empty());
    const GroupMemory memory = group.judge().memory;
    CHECK(memory.leader_uid == "leader-0");
    REQUIRE(memory.workers.size() == 2);
    CHECK(memory.workers[0] == GroupMember{"vllm-0-1", "workers-of-leader-0/1"});
    group.memory = {"leader-before", {{"vllm-0-1", "x"}}, false};
    CHECK(group.judge().memory == memory);
    CHECK(group.judge().action == RestartAction::none);
}

TEST_CASE("a member that vanished recreates the group", "[groups][restart]") {
    Group group;
    group.memory = group.judge().memory;
    SECTION("its name is empty") {
        const RestartVerdict verdict = group.judge({&group.leader, &group.second});
        CHECK(verdict.action == RestartAction::recreate);
        CHECK(verdict.failed_pod == "vllm-0-1");
        CHECK(verdict.memory == group.memory);
    }
    SECTION("another pod has its name") {
        group.first.uid = "replacement";
        CHECK(group.judge().action == RestartAction::recreate);
        CHECK(group.judge().memory == group.memory);
    }
    SECTION("under AfterStart too") {
        group.set = with_policy("RecreateGroupAfterStart");
        CHECK(group.judge({&group.leader, &group.second}).action == RestartAction::recreate);
    }
    SECTION("not under None") {
        group.set = with_policy("None");
        CHECK(group.judge({&group.leader, &group.second}).action == RestartAction::none);
    }
    SECTION("not of an earlier incarnation") {
        group.leader.uid = "leader-next";
        CHECK(group.judge({&group.leader}).action == RestartAction::none);
    }
    SECTION("not in a group that never was complete") {
        group.memory = {};
        group.memory.leader_uid = "leader-0";
        CHECK(group.judge({&group.leader, &group.second}).action == RestartAction::none);
    }
}

TEST_CASE("a restarted native sidecar counts unless told otherwise", "[groups][restart]") {
    Group group;
    group.first.restarted = true;
    group.first.restarted_beyond_sidecars = false;
    RestartInput input;
    input.set = &group.set.set;
    input.leader = &group.leader;
    input.pods = {&group.leader, &group.first, &group.second};
    input.worker_stateful_set = &group.workers;
    CHECK(judge_restart(input).action == RestartAction::recreate);
    input.sidecars = SidecarRestarts::ignore;
    CHECK(judge_restart(input).action == RestartAction::none);
    group.first.restarted_beyond_sidecars = true;
    CHECK(judge_restart(input).action == RestartAction::recreate);
}
