// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/plan_set.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/set_ownership.hpp"
#include "pkg/lws/rules/groups/set_scene.hpp"

using namespace lws;
using namespace lws::rules;
using namespace lws::rules::testing;

TEST_CASE("a foreign StatefulSet of the name is never written", "[groups][set]") {
    struct Case {
        const char* name;
        void (*change)(k8s::StatefulSet&);
        const char* message;
    };
    const auto c = GENERATE(values<Case>({
        {"another controller",
         [](k8s::StatefulSet& s) { s.controller = k8s::Owner{"Pod", "vllm", "x"}; },
         "StatefulSet ml/vllm exists already and is controlled by Pod vllm"},
        {"no controller and no label",
         [](k8s::StatefulSet& s) {
             s.controller.reset();
             s.set_name.clear();
         },
         "StatefulSet ml/vllm exists already and does not belong to this set"},
        {"another selector",
         [](k8s::StatefulSet& s) { s.selector = "app=x"; },
         "StatefulSet ml/vllm exists already with another selector"},
        {"ownerless with another selector",
         [](k8s::StatefulSet& s) {
             s.controller.reset();
             s.selector = "app=x";
         },
         "StatefulSet ml/vllm exists already with another selector"},
    }));
    DYNAMIC_SECTION(c.name) {
        Scene scene;
        scene.settle();
        c.change(*scene.leaders);
        const SetPlan plan = scene.plan();
        REQUIRE(kinds(plan) == Kinds{kStatus});
        const json::Document body = json::parse(plan.actions[0].body).value();
        const json::View conditions = body.root()["status"]["conditions"];
        CHECK(conditions.at(conditions.size() - 1)["type"].string() == "NameConflict");
        CHECK(conditions.at(conditions.size() - 1)["message"].string() == c.message);
        CHECK(body.root()["status"]["replicas"].int64() == 0);
        REQUIRE(plan.events.size() == 1);
        CHECK(plan.events[0].type == EventType::warning);
        CHECK(plan.events[0].reason == "FailedUpdate");
        CHECK(
            plan.events[0].note ==
            std::string("Failed to update leader statefulset vllm: ") + c.message
        );
        CHECK(plan.requeue_after == std::chrono::seconds(60));
    }
}

TEST_CASE("an ownerless StatefulSet with the set's label is adopted", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.leaders->controller.reset();
    scene.leaders->fingerprint = 99;
    const SetPlan plan = scene.plan();
    CHECK(apply_of(plan).uid == "sts-uid");
    CHECK(plan.events.empty());
}

TEST_CASE("the StatefulSet of a deleted set of this name is waited out", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.leaders->controller->uid = "set-before";
    const SetPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.events.empty());
    CHECK(plan.requeue_after == std::chrono::seconds(5));
}

TEST_CASE("a Service is made for the policy Shared only", "[groups][set]") {
    Scene scene(make_set("'networkConfig':{'subdomainPolicy':'UniquePerReplica'}"));
    CHECK(find(scene.plan(), kService) == nullptr);
    scene.set = make_set("'networkConfig':{}");
    CHECK(find(scene.plan(), kService) != nullptr);
}

TEST_CASE("a foreign Service is reported and stops nothing", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.observed.applied.reset();
    SECTION("of another owner") {
        scene.service->controller = k8s::Owner{"Pod", "x", "y"};
        const SetPlan plan = scene.plan();
        CHECK(kinds(plan) == Kinds{kApply, kStatus});
        REQUIRE(plan.events.size() == 1);
        CHECK(
            plan.events[0].note ==
            "Failed to create headless service for error: Service ml/vllm exists already and is "
            "controlled by Pod x"
        );
        CHECK(plan.requeue_after == std::chrono::seconds(60));
    }
    SECTION("of nobody, without the label") {
        scene.service->controller.reset();
        CHECK(scene.plan().events.size() == 1);
    }
    SECTION("but of nobody, with the label, it serves") {
        scene.service->controller.reset();
        scene.service->set_name = "vllm";
        CHECK(scene.plan().events.empty());
    }
    SECTION("and of a deleted set of this name it is waited out") {
        scene.service->controller->uid = "set-before";
        const SetPlan plan = scene.plan();
        CHECK(plan.events.empty());
        CHECK(plan.requeue_after == std::chrono::seconds(5));
    }
}

namespace {

std::string conflict_in(const SetPlan& plan) {
    const Action* action = find(plan, kStatus);
    if (action == nullptr) {
        return "";
    }
    const json::Document body = json::parse(action->body).value();
    for (const json::View entry : body.root()["status"]["conditions"].items()) {
        if (entry["type"].string() == "NameConflict" && entry["status"].string() == "True") {
            return std::string(entry["message"].string_or(""));
        }
    }
    return "";
}

const std::string kShared =
    "LeaderWorkerSets ml/a and ml/a-0 both want StatefulSet a-0: rename one of them";

}  // namespace

TEST_CASE("a revision of another owner is never taken or written", "[groups][set]") {
    Scene scene;
    scene.add_revision(1, scene.key, scene.set.object()["spec"]);
    k8s::ControllerRevision& revision = scene.revisions[0];
    SECTION("of another controller") {
        revision.controller = k8s::Owner{"StatefulSet", "x", "y"};
        const SetPlan plan = scene.plan();
        CHECK(kinds(plan) == Kinds{kStatus});
        REQUIRE(plan.events.size() == 1);
        CHECK(plan.events[0].reason == "FailedCreate");
        CHECK_THAT(plan.events[0].note, Catch::StartsWith("Failed to create revision vllm-"));
        CHECK_THAT(
            conflict_in(plan), Catch::EndsWith("exists already and is controlled by StatefulSet x")
        );
        CHECK(plan.has_conflict);
        CHECK(plan.requeue_after == std::chrono::seconds(60));
    }
    SECTION("of a deleted set of this name: waited out") {
        revision.controller->uid = "set-before";
        const SetPlan plan = scene.plan();
        CHECK(plan.actions.empty());
        CHECK(plan.events.empty());
        CHECK(plan.requeue_after == std::chrono::seconds(5));
    }
    SECTION("of nobody: adopted") {
        revision.controller.reset();
        CHECK(find(scene.plan(), kRevision) == nullptr);
        CHECK(find(scene.plan(), kApply) != nullptr);
    }
}

TEST_CASE("a set named like a group of another set is reported on both", "[groups][set]") {
    api::LeaderWorkerSet parent = make_set("'replicas':1", "'size':2").set;
    parent.metadata.name = "a";
    CHECK(shared_name(parent, GroupId(0)) == kShared);
    CHECK_FALSE(shared_name(parent, GroupId(1)));
    Scene scene;
    scene.settle();
    scene.observed.parent = &parent;
    SECTION("but goes on") {
        const SetPlan plan = scene.plan();
        CHECK(conflict_in(plan) == kShared);
        CHECK(plan.has_conflict);
        REQUIRE(plan.events.size() == 1);
        CHECK(plan.events[0].reason == "NameConflict");
        CHECK(plan.events[0].type == EventType::warning);
        scene.observed.applied.reset();
        CHECK(find(scene.plan(), kApply) != nullptr);
    }
    SECTION("told once") {
        api::Condition condition;
        condition.type = "NameConflict";
        condition.status = "True";
        condition.message = kShared;
        scene.set.set.status.conditions.push_back(condition);
        CHECK(scene.plan().events.empty());
    }
    SECTION("not where the other set has no such workers") {
        parent.spec.leader_worker_template.size = 1;
        CHECK(conflict_in(scene.plan()).empty());
        CHECK_FALSE(scene.plan().has_conflict);
    }
}

TEST_CASE("what stands in a group's way is said by the set's condition", "[groups][set]") {
    Scene scene;
    scene.settle();
    GroupTrouble trouble;
    trouble.conflict = "StatefulSet ml/vllm-1 already exists";
    scene.observed.troubles = {{GroupId(0), {}}, {GroupId(1), trouble}};
    CHECK(conflict_in(scene.plan()) == trouble.conflict);
    CHECK(scene.plan().events.empty());
}
