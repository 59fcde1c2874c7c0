// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/group_scene.hpp"

using namespace lws;
using namespace lws::rules;
using namespace lws::rules::testing;

namespace {

constexpr auto kCreatePodGroup = ActionKind::create_pod_group;

// A group of a cluster with Volcano, whose leader has the webhook's annotation.
struct GangScene : GroupScene {
    GangScene() {
        leader.pod_group_name = "vllm-1-key-a";
        observed.gang = GangScheduling::volcano;
        observed.pod_groups_known = true;
    }

    GroupPlan plan() {
        observed.pod_group = pod_group ? &*pod_group : nullptr;
        return GroupScene::plan();
    }

    k8s::PodGroup of_leader(const std::string& uid) const {
        k8s::PodGroup made;
        made.key = {"ml", leader.pod_group_name};
        made.controller = k8s::Owner{"Pod", leader.key.name, uid};
        return made;
    }

    std::optional<k8s::PodGroup> pod_group;
};

}  // namespace

TEST_CASE("a group gets its PodGroup before its workers", "[groups][gang]") {
    GangScene scene;
    const GroupPlan plan = scene.plan();
    CHECK(kinds(plan) == Kinds{kCreatePodGroup, kCreateWorkers});
    CHECK(plan.actions.at(0).key == k8s::ObjectKey{"ml", "vllm-1-key-a"});
}

TEST_CASE("a PodGroup is made for a group of one and before LeaderReady", "[groups][gang]") {
    GangScene scene;
    SECTION("of one") {
        scene.leader.size = "1";
        scene.revisions.clear();
        scene.add_revision("key-a", 1, "1");
        CHECK(kinds(scene.plan()) == Kinds{kCreatePodGroup});
    }
    SECTION("before LeaderReady") {
        scene.set = make_set("'startupPolicy':'LeaderReady'");
        scene.leader.ready = false;
        CHECK(kinds(scene.plan()) == Kinds{kCreatePodGroup});
    }
}

TEST_CASE(
    "no PodGroup is made without gang scheduling or the leader's annotation", "[groups][gang]"
) {
    GangScene scene;
    SECTION("off") {
        scene.observed.gang = GangScheduling::off;
    }
    SECTION("a leader older than the setting") {
        scene.leader.pod_group_name.clear();
    }
    scene.observed.pod_groups_known = false;
    CHECK(kinds(scene.plan()) == Kinds{kCreateWorkers});
}

TEST_CASE("a PodGroup that is there is left as it is", "[groups][gang]") {
    GangScene scene;
    SECTION("of this leader") {
        scene.pod_group = scene.of_leader(scene.leader.uid);
        CHECK(scene.plan().reasons.empty());
    }
    SECTION("on its way out") {
        scene.pod_group = scene.of_leader(scene.leader.uid);
        scene.pod_group->deleting = true;
        CHECK(scene.plan().reasons.size() == 1);
    }
    SECTION("of an earlier leader, until it is gone") {
        scene.pod_group = scene.of_leader("leader-before");
        CHECK(scene.plan().reasons.size() == 1);
    }
    const GroupPlan plan = scene.plan();
    CHECK(kinds(plan) == Kinds{kCreateWorkers});
    CHECK(plan.events.empty());
    CHECK_FALSE(plan.requeue_after);
}

TEST_CASE("a foreign PodGroup is reported and stops nothing", "[groups][gang]") {
    GangScene scene;
    scene.pod_group = scene.of_leader("x");
    scene.pod_group->controller.reset();
    const GroupPlan plan = scene.plan();
    CHECK(kinds(plan) == Kinds{kCreateWorkers});
    REQUIRE(plan.events.size() == 1);
    CHECK(plan.events[0].type == EventType::warning);
    CHECK(
        plan.events[0].note ==
        "Failed to create PodGroup for leader pod vllm-1: PodGroup ml/vllm-1-key-a already exists "
        "without a controller"
    );
    CHECK(plan.requeue_after == kForeignRetry);
}

TEST_CASE(
    "nothing is made before PodGroups are listed and the revision is known", "[groups][gang]"
) {
    GangScene scene;
    SECTION("not listed") {
        scene.observed.pod_groups_known = false;
        CHECK(scene.plan().requeue_after == std::chrono::seconds(5));
    }
    SECTION("no revision") {
        scene.revisions.clear();
        CHECK(scene.plan().requeue_after == std::chrono::seconds(1));
    }
    SECTION("a revision that asks for no quantity") {
        scene.revisions[0].data =
            R"({"spec":{"leaderWorkerTemplate":{"size":2,"workerTemplate":{"spec":{"overhead":{"cpu":"x"}}}}}})";
        CHECK(scene.plan().failure);
    }
    CHECK(scene.plan().actions.empty());
}
