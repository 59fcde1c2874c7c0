// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/group_scene.hpp"

using namespace lws;
using namespace lws::rules;
using namespace lws::rules::testing;
using Scene = lws::rules::testing::GroupScene;

TEST_CASE("a leader gets its workers", "[groups][plan]") {
    Scene scene;
    const GroupPlan plan = scene.plan();
    REQUIRE(kinds(plan) == Kinds{kCreateWorkers});
    const Action& action = plan.actions[0];
    CHECK(action.key == k8s::ObjectKey{"ml", "vllm-1"});
    REQUIRE(action.on_success.size() == 1);
    CHECK(action.on_success[0].reason == "GroupsProgressing");
    CHECK(action.on_success[0].action == "Create");
    CHECK(action.on_success[0].note == "Created worker statefulset for leader pod vllm-1");
    CHECK(action.on_success[0].regarding.uid == "set-uid");
    CHECK(action.on_success[0].related->uid == "leader-1");
    REQUIRE(action.on_failure);
    CHECK(action.on_failure->type == EventType::warning);
    CHECK(
        with_error(*action.on_failure, "no").note ==
        "Failed to create worker statefulset for leader pod vllm-1: no"
    );
    CHECK_FALSE(plan.requeue_after);
    CHECK_FALSE(plan.failure);
}

TEST_CASE("workers follow the newest revision of their leader's key", "[groups][plan]") {
    Scene scene;
    scene.add_revision("key-a", 3, "5");
    scene.add_revision("key-b", 4, "7");
    scene.add_revision("key-a", 9, "9");
    scene.revisions.back().controller = k8s::Owner{"LeaderWorkerSet", "vllm", "another-set"};
    const GroupPlan plan = scene.plan();
    const json::Document body = json::parse(plan.actions.at(0).body).value();
    CHECK(body.root()["spec"]["replicas"].int64() == 4);
}

TEST_CASE("a missing revision is looked for again in a second", "[groups][plan]") {
    Scene scene;
    scene.revisions.clear();
    const GroupPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.requeue_after == std::chrono::seconds(1));
}

TEST_CASE("a revision that cannot be read fails the pass", "[groups][plan]") {
    Scene scene;
    scene.revisions[0].data =
        GENERATE(as<std::string>{}, "", "{", R"({"spec":{"leaderWorkerTemplate":{"size":"x"}}})");
    const GroupPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.failure);
}

TEST_CASE("workers that are there are left as they are", "[groups][plan]") {
    Scene scene;
    scene.workers = make_workers(scene.leader);
    scene.workers->deleting = GENERATE(false, true);
    const GroupPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.events.empty());
    CHECK_FALSE(plan.requeue_after);
}

TEST_CASE("workers of an earlier leader are waited out", "[groups][plan]") {
    Scene scene;
    scene.workers = make_workers(make_leader(1, "leader-before"));
    const GroupPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.events.empty());
    CHECK(plan.reasons.size() == 1);
}

TEST_CASE("a foreign StatefulSet in the workers' place is reported", "[groups][plan]") {
    Scene scene;
    scene.workers = make_workers(scene.leader);
    scene.workers->controller = k8s::Owner{"LeaderWorkerSet", "vllm-1", "x"};
    const GroupPlan plan = scene.plan();
    CHECK_THAT(plan.trouble.conflict, Catch::StartsWith("StatefulSet ml/vllm-1 already exists"));
    CHECK(plan.actions.empty());
    REQUIRE(plan.events.size() == 1);
    CHECK(plan.events[0].type == EventType::warning);
    CHECK(plan.events[0].reason == "FailedCreate");
    CHECK(
        plan.events[0].note ==
        "Failed to create worker statefulset for leader pod vllm-1: StatefulSet ml/vllm-1 already "
        "exists controlled by LeaderWorkerSet vllm-1"
    );
    CHECK(plan.requeue_after == std::chrono::seconds(60));
}

TEST_CASE("a group of one has no workers", "[groups][plan]") {
    Scene scene;
    SECTION("by the leader's annotation") {
        scene.leader.size = "1";
        CHECK(scene.plan().actions.empty());
    }
    SECTION("by the set, for a leader without one") {
        scene.leader.size.clear();
        CHECK(scene.plan().actions.size() == 1);
        scene.set = make_set("'replicas':2", "'size':1");
        CHECK(scene.plan().actions.empty());
    }
}

TEST_CASE("LeaderReady waits for the Ready condition alone", "[groups][plan]") {
    Scene scene;
    scene.set = make_set("'startupPolicy':'LeaderReady'");
    scene.leader.ready = false;
    CHECK(scene.plan().actions.empty());
    scene.leader.ready = true;
    scene.leader.phase = k8s::PodPhase::unknown;
    CHECK(kinds(scene.plan()) == Kinds{kCreateWorkers});
}

TEST_CASE("exclusive placement follows the leader's node", "[groups][plan]") {
    Scene scene;
    scene.set = make_set(
        "'replicas':2",
        "'size':2",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/exclusive-topology':'rack'}"
    );
    SECTION("no node yet") {
        CHECK(scene.plan().actions.empty());
        CHECK_FALSE(scene.plan().node_question);
        CHECK_FALSE(scene.plan().failure);
    }
    scene.leader.node_name = "node-7";
    const NodeQuestion question{"node-7", "rack"};
    SECTION("the node must be asked for") {
        const GroupPlan plan = scene.plan();
        CHECK(plan.actions.empty());
        CHECK(plan.node_question == question);
    }
    SECTION("an answer about another node does not count") {
        scene.observed.node_answer = NodeAnswer{{"node-1", "rack"}, std::string("r1")};
        CHECK(scene.plan().node_question == question);
    }
    SECTION("no such label") {
        scene.observed.node_answer =
            NodeAnswer{question, Error{ErrorCode::not_found, "node has no label"}};
        const GroupPlan plan = scene.plan();
        CHECK(plan.actions.empty());
        REQUIRE(plan.failure);
        CHECK(plan.failure->message == "node has no label");
    }
    SECTION("the answer is pinned") {
        scene.observed.node_answer = NodeAnswer{question, std::string("r7")};
        const GroupPlan plan = scene.plan();
        REQUIRE(kinds(plan) == Kinds{kCreateWorkers});
        const json::Document body = json::parse(plan.actions[0].body).value();
        CHECK(body.root()["spec"]["template"]["spec"]["nodeSelector"]["rack"].string() == "r7");
    }
}

TEST_CASE("an empty topology annotation counts as absent", "[groups][plan]") {
    Scene scene;
    scene.set = make_set(
        "'replicas':2",
        "'size':2",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/exclusive-topology':''}"
    );
    CHECK(kinds(scene.plan()) == Kinds{kCreateWorkers});
}

TEST_CASE("a leader with its own subdomain gets a Service", "[groups][plan]") {
    Scene scene;
    scene.leader.unique_subdomain = true;
    SECTION("before its workers") {
        const GroupPlan plan = scene.plan();
        REQUIRE(kinds(plan) == Kinds{ActionKind::create_service, kCreateWorkers});
        CHECK(plan.actions[0].key == k8s::ObjectKey{"ml", "vllm-1"});
        CHECK(
            with_error(*plan.actions[0].on_failure, "no").note ==
            "Failed to create headless service for error: no"
        );
    }
    SECTION("in a group of one, and before it is ready") {
        scene.set = make_set("'startupPolicy':'LeaderReady'");
        scene.leader.ready = false;
        CHECK(kinds(scene.plan()) == Kinds{ActionKind::create_service});
        scene.leader.size = "1";
        CHECK(kinds(scene.plan()) == Kinds{ActionKind::create_service});
    }
    k8s::Service service;
    service.key = scene.leader.key;
    service.controller = k8s::Owner{"Pod", "vllm-1", "leader-1"};
    SECTION("once") {
        scene.service = service;
        CHECK(kinds(scene.plan()) == Kinds{kCreateWorkers});
        CHECK(scene.plan().reasons.empty());
    }
    SECTION("not while an earlier leader's is there") {
        service.controller->uid = "leader-before";
        scene.service = service;
        const GroupPlan plan = scene.plan();
        CHECK(kinds(plan) == Kinds{kCreateWorkers});
        CHECK(plan.events.empty());
        CHECK(plan.reasons.size() == 1);
    }
    SECTION("and a foreign one is reported") {
        service.controller.reset();
        scene.service = service;
        const GroupPlan plan = scene.plan();
        CHECK(kinds(plan) == Kinds{kCreateWorkers});
        REQUIRE(plan.events.size() == 1);
        CHECK(
            plan.events[0].note ==
            "Failed to create headless service for error: Service ml/vllm-1 already exists without "
            "a controller"
        );
        CHECK(plan.requeue_after == std::chrono::seconds(60));
    }
}

TEST_CASE("a failed group loses its leader and nothing else happens", "[groups][plan]") {
    Scene scene;
    scene.leader.unique_subdomain = true;
    scene.workers = make_workers(scene.leader);
    scene.more_pods = {make_worker(*scene.workers, 1)};
    scene.more_pods[0].restarted = true;
    const GroupPlan plan = scene.plan();
    REQUIRE(kinds(plan) == Kinds{ActionKind::delete_leader_pod});
    const Action& action = plan.actions[0];
    CHECK(action.key == scene.leader.key);
    CHECK(action.uid == "leader-1");
    CHECK(action.before.empty());
    REQUIRE(action.on_success.size() == 1);
    CHECK(action.on_success[0].reason == "RecreateGroup");
    CHECK(action.on_success[0].action == "Delete");
    CHECK(action.on_success[0].related->name == "vllm-1");
    CHECK(
        action.on_success[0].note ==
        "Worker pod vllm-1-1 failed, deleted leader pod vllm-1 to recreate group 1"
    );
    CHECK_FALSE(action.on_failure);
    CHECK(plan.memory.workers.size() == 1);
}

TEST_CASE("AfterStart holds the restart back but not the workers", "[groups][plan]") {
    Scene scene;
    scene.set = make_set("'replicas':2", "'size':2,'restartPolicy':'RecreateGroupAfterStart'");
    scene.leader.restarted = true;
    CHECK(kinds(scene.plan()) == Kinds{kCreateWorkers});
}

TEST_CASE("a leader that is leaving gets nothing more", "[groups][plan]") {
    Scene scene;
    scene.leader.unique_subdomain = true;
    scene.leader.deletion_time = k8s::Seconds{};
    CHECK(scene.plan().actions.empty());
}

TEST_CASE("a leader with a worker's annotation is warned about", "[groups][plan]") {
    Scene scene;
    scene.leader.leader_name = "vllm-0";
    scene.leader.unique_subdomain = true;
    const GroupPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    REQUIRE(plan.events.size() == 1);
    CHECK(plan.events[0].type == EventType::warning);
    CHECK(plan.events[0].reason == "FailedCreate");
    CHECK(
        plan.events[0].note ==
        "leader pod ml/vllm-1 contains mistake annotation 'leaderworkerset.sigs.k8s.io/leader-name'"
        ": requires Kubernetes ≥v1.27 or v1.26 with StatefulSetStartOrdinal feature"
    );
}

TEST_CASE("a set that is gone, or a group without a leader, needs nothing", "[groups][plan]") {
    Scene scene;
    scene.plan();
    scene.observed.set = nullptr;
    CHECK(plan_group(scene.observed).actions.empty());
    scene.observed.set = &scene.set.set;
    scene.observed.pods.clear();
    CHECK(plan_group(scene.observed).actions.empty());
}

TEST_CASE("a set being deleted is not skipped", "[groups][plan]") {
    Scene scene;
    scene.set = make_set("'replicas':2", "'size':2", ",'deletionTimestamp':'2026-01-01T00:00:00Z'");
    CHECK(kinds(scene.plan()) == Kinds{kCreateWorkers});
}

TEST_CASE("a pod without a worker index is an error of the pass", "[groups][plan]") {
    Scene scene;
    scene.more_pods = {make_worker(make_workers(scene.leader), 1)};
    scene.more_pods[0].worker_index.reset();
    const GroupPlan plan = scene.plan();
    REQUIRE(plan.failure);
    CHECK(
        plan.failure->message ==
        "pod ml/vllm-1-1: label leaderworkerset.sigs.k8s.io/worker-index is missing"
    );
    CHECK(kinds(plan) == Kinds{kCreateWorkers});
}
