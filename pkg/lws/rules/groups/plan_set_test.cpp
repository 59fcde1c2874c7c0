// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/plan_set.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/groups_fixture.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::make_leader;
using lws::rules::testing::make_leaders;
using lws::rules::testing::make_set;
using lws::rules::testing::make_workers;
using lws::rules::testing::TestSet;

namespace {

// Set `vllm` with two groups of two. settle() brings it to rest: applied, all groups new and ready.
struct Scene {
    TestSet set;
    std::optional<k8s::StatefulSet> leaders;
    std::vector<k8s::Pod> pods;
    std::vector<k8s::StatefulSet> workers;
    std::optional<k8s::Service> service;
    std::vector<k8s::ControllerRevision> revisions;
    SetObservation observed;
    std::string key;

    explicit Scene(TestSet wanted = make_set()) : set(std::move(wanted)) {
        observed.leader_stateful_set_absence = Absence::confirmed;
        key = revision_key(make_revision_data(set.object()["spec"]).value());
    }

    void add_revision(int number, const std::string& revision, json::View spec) {
        k8s::ControllerRevision made;
        made.key = {"ml", "vllm-" + revision + "-" + std::to_string(number)};
        made.uid = "revision-" + std::to_string(number);
        made.set_name = "vllm";
        made.revision_key = revision;
        made.revision = number;
        made.controller = k8s::Owner{"LeaderWorkerSet", "vllm", "set-uid"};
        made.data = make_revision_data(spec).value();
        revisions.push_back(made);
    }

    void settle(int groups = 2) {
        add_revision(1, key, set.object()["spec"]);
        leaders = make_leaders(groups);
        leaders->revision_key = key;
        service.emplace();
        service->key = {"ml", "vllm"};
        service->controller = k8s::Owner{"LeaderWorkerSet", "vllm", "set-uid"};
        for (int i = 0; i < groups; ++i) {
            pods.push_back(make_leader(i));
            pods.back().revision_key = key;
            workers.push_back(make_workers(pods.back()));
        }
        remember_apply();
    }

    // As if the plan's apply had been performed and its answer seen.
    void remember_apply() {
        observed.applied.reset();
        observed.applied = AppliedRecord{leaders->uid, plan().desired_hash, leaders->fingerprint};
    }

    // Another template, while everything that runs stays as it is.
    void change_template(const std::string& spec = "'replicas':2") {
        set = make_set(spec, "'size':2,'leaderTemplate':{'spec':{'containers':[]}}");
    }

    SetPlan plan() {
        observed.set = &set.set;
        observed.set_object = set.object();
        observed.leader_stateful_set = leaders ? &*leaders : nullptr;
        observed.service = service ? &*service : nullptr;
        observed.pods.clear();
        observed.stateful_sets.clear();
        observed.revisions.clear();
        for (const k8s::Pod& pod : pods) {
            observed.pods.push_back(&pod);
        }
        for (const k8s::StatefulSet& stateful_set : workers) {
            observed.stateful_sets.push_back(&stateful_set);
        }
        for (const k8s::ControllerRevision& revision : revisions) {
            observed.revisions.push_back(&revision);
        }
        observed.now = *k8s::parse_time("2026-01-02T03:04:05Z");
        return plan_set(observed);
    }
};

using Kinds = std::vector<ActionKind>;
constexpr auto kRevision = ActionKind::create_revision;
constexpr auto kApply = ActionKind::apply_leader_stateful_set;
constexpr auto kService = ActionKind::create_service;
constexpr auto kStatus = ActionKind::update_set_status;
constexpr auto kDelete = ActionKind::delete_revision;

Kinds kinds(const SetPlan& plan) {
    Kinds out;
    for (const Action& action : plan.actions) {
        out.push_back(action.kind);
    }
    return out;
}

const Action* find(const SetPlan& plan, ActionKind kind) {
    for (const Action& action : plan.actions) {
        if (action.kind == kind) {
            return &action;
        }
    }
    return nullptr;
}

const Action& apply_of(const SetPlan& plan) {
    const Action* action = find(plan, kApply);
    REQUIRE(action != nullptr);
    return *action;
}

std::int64_t number_in(const Action& action, std::string_view name) {
    const json::Document body = json::parse(action.body).value();
    const json::View spec = body.root()["spec"];
    return name == "partition" ? spec["updateStrategy"]["rollingUpdate"][name].int64_or(-1)
                               : spec[name].int64_or(-1);
}

}  // namespace

TEST_CASE(
    "a new set gets revision, StatefulSet, Service and status in this order", "[groups][set]"
) {
    Scene scene;
    SetPlan plan = scene.plan();
    REQUIRE(kinds(plan) == Kinds{kRevision, kApply, kService, kStatus});
    CHECK(plan.events.empty());

    const Action& revision = plan.actions[0];
    CHECK(revision.key.name == "vllm-" + scene.key + "-1");
    REQUIRE(revision.on_success.size() == 1);
    CHECK(revision.on_success[0].reason == "CreatingRevision");
    CHECK(revision.on_success[0].action == "Create");
    CHECK(
        revision.on_success[0].note ==
        "Creating revision with key " + scene.key + " for a newly created LeaderWorkerSet"
    );

    const Action& apply = plan.actions[1];
    CHECK(apply.uid.empty());
    CHECK(number_in(apply, "replicas") == 2);
    CHECK(number_in(apply, "partition") == 0);
    REQUIRE(apply.on_success.size() == 1);
    CHECK(apply.on_success[0].reason == "GroupsProgressing");
    CHECK(apply.on_success[0].action == "Create");
    CHECK(apply.on_success[0].note == "Created leader statefulset vllm");
    CHECK(apply.on_failure->reason == "FailedCreate");
    CHECK(
        with_error(*apply.on_failure, "no").note == "Failed to create leader statefulset vllm: no"
    );
    CHECK(
        with_error(*plan.actions[2].on_failure, "no").note ==
        "Failed to create headless service for error: no"
    );

    // The events that follow learn the UID that the revision was given.
    fill_uid(plan, {"apps/v1", "ControllerRevision", "ml", revision.key.name, "made-uid", "9"});
    CHECK(plan.actions[0].on_success[0].related->uid == "made-uid");
    CHECK(plan.actions[1].on_success[0].related->uid == "made-uid");
}

TEST_CASE("the name is looked up before a StatefulSet is made", "[groups][set]") {
    Scene scene;
    scene.observed.leader_stateful_set_absence = Absence::cached;
    const SetPlan plan = scene.plan();
    CHECK(kinds(plan) == Kinds{ActionKind::look_up_leader_stateful_set});
    CHECK(plan.actions[0].key == k8s::ObjectKey{"ml", "vllm"});
}

TEST_CASE("a set that is being deleted is left to garbage collection", "[groups][set]") {
    Scene scene(make_set("'replicas':2", "'size':2", ",'deletionTimestamp':'2026-01-01T00:00:00Z'")
    );
    const SetPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK_FALSE(plan.requeue_after);
}

TEST_CASE("a StatefulSet that is being deleted is waited for", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.leaders->deleting = true;
    const SetPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.requeue_after == std::chrono::seconds(5));
}

TEST_CASE("at rest only the status is written, and then nothing", "[groups][set]") {
    Scene scene;
    scene.settle();
    const SetPlan plan = scene.plan();
    REQUIRE(kinds(plan) == Kinds{kStatus});
    const json::Document stored = json::parse(plan.actions[0].body).value();
    scene.set.document = json::parse(plan.actions[0].body).value();
    scene.set.set = api::read_leader_worker_set(scene.set.object()).value();
    CHECK(scene.plan().actions.empty());
    CHECK(scene.plan().events.empty());
}

TEST_CASE("an apply is repeated when desired or live changed since", "[groups][set]") {
    Scene scene;
    scene.settle();
    REQUIRE(find(scene.plan(), kApply) == nullptr);
    SECTION("live labels, annotations, owners or spec") {
        scene.leaders->fingerprint = 8;
    }
    SECTION("another object of the name") {
        scene.leaders->uid = "other";
    }
    SECTION("the set's labels") {
        scene.set = make_set("'replicas':2", "'size':2", ",'labels':{'a':'b'}");
    }
    SECTION("replicas") {
        scene.set = make_set("'replicas':3");
    }
    SECTION("nothing is known of earlier applies") {
        scene.observed.applied.reset();
    }
    CHECK(find(scene.plan(), kApply) != nullptr);
}

TEST_CASE("an apply carries what it was planned on", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.observed.applied.reset();
    const SetPlan plan = scene.plan();
    const Action& apply = apply_of(plan);
    CHECK(apply.uid == "sts-uid");
    CHECK(apply.resource_version == "200");
    const json::Document body = json::parse(apply.body).value();
    CHECK(body.root()["metadata"]["resourceVersion"].string() == "200");
    CHECK(apply.on_failure->reason == "FailedUpdate");
    CHECK(apply.on_failure->action == "Update");
    CHECK(
        with_error(*apply.on_failure, "no").note == "Failed to update leader statefulset vllm: no"
    );
    CHECK(apply.on_success.empty());
}

TEST_CASE("a changed template makes a revision and holds every group back", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.change_template();
    const SetPlan plan = scene.plan();
    REQUIRE(kinds(plan) == Kinds{kRevision, kApply, kStatus});
    CHECK(plan.actions[0].on_success[0].note.find(" for updated LWS") != std::string::npos);
    CHECK(number_in(plan.actions[1], "partition") == 2);
    CHECK(number_in(plan.actions[1], "replicas") == 2);
    // No progress is announced in the pass in which the spec changed.
    CHECK(plan.actions[1].on_success.empty());
}

TEST_CASE("progress of a rollout is announced", "[groups][set]") {
    struct Case {
        const char* name;
        int partition;
        const char* note;
    };
    const auto c = GENERATE(values<Case>({
        {"one group", 1, "Updating replica 0"},
        {"several groups", 2, "Updating replicas 0 to 1 (inclusive)"},
    }));
    DYNAMIC_SECTION(c.name) {
        Scene scene;
        scene.settle();
        scene.leaders->partition = c.partition;
        scene.observed.applied.reset();
        const SetPlan plan = scene.plan();
        const Action& apply = apply_of(plan);
        CHECK(number_in(apply, "partition") == 0);
        REQUIRE(apply.on_success.size() == 1);
        CHECK(apply.on_success[0].reason == "GroupsUpdating");
        CHECK(apply.on_success[0].action == "Update");
        CHECK(apply.on_success[0].note == c.note);
        CHECK(apply.on_success[0].related->uid == "revision-1");
    }
}

TEST_CASE("a replicas annotation that is no integer counts as unchanged", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.leaders->partition = 1;
    scene.observed.applied.reset();
    // Taken for a scaling, the partition would stay.
    scene.leaders->replicas_annotation = GENERATE(as<std::string>{}, "", "x", "2x", "2.0");
    CHECK(number_in(apply_of(scene.plan()), "partition") == 0);
    scene.leaders->replicas_annotation = "3";
    CHECK(number_in(apply_of(scene.plan()), "partition") == 1);
}

TEST_CASE("surge groups that go are announced before the apply", "[groups][set]") {
    struct Case {
        const char* name;
        int live;
        const char* note;
    };
    const auto c = GENERATE(values<Case>({
        {"one", 3, "deleting surge replica vllm-2"},
        {"several", 5, "deleting surge replicas from vllm-2 to vllm-4"},
    }));
    DYNAMIC_SECTION(c.name) {
        Scene scene;
        scene.settle(c.live);
        scene.leaders->replicas_annotation = "2";
        scene.observed.applied.reset();
        const SetPlan plan = scene.plan();
        const Action& apply = apply_of(plan);
        CHECK(number_in(apply, "replicas") == 2);
        REQUIRE(apply.before.size() == 1);
        CHECK(apply.before[0].reason == "GroupsProgressing");
        CHECK(apply.before[0].action == "Delete");
        CHECK(apply.before[0].note == c.note);
        CHECK_FALSE(apply.before[0].related);
    }
}

TEST_CASE("a group counts by its label, exact name and workers", "[groups][set]") {
    struct Case {
        const char* name;
        void (*change)(Scene&);
        int partition;  // 0 when group 1 counts as new and ready
    };
    const auto c = GENERATE(values<Case>({
        {"healthy", [](Scene&) {}, 0},
        {"leader not ready", [](Scene& s) { s.pods[1].ready = false; }, 1},
        {"leader not running", [](Scene& s) { s.pods[1].phase = k8s::PodPhase::pending; }, 1},
        {"leader of an old revision", [](Scene& s) { s.pods[1].revision_key = "old"; }, 1},
        {"no workers", [](Scene& s) { s.workers.pop_back(); }, 1},
        {"workers not available", [](Scene& s) { s.workers[1].available_replicas = 0; }, 1},
        {"workers being rolled", [](Scene& s) { s.workers[1].update_revision = "x"; }, 1},
        {"workers of an old revision", [](Scene& s) { s.workers[1].revision_key = "old"; }, 1},
        {"workers of an earlier leader", [](Scene& s) { s.workers[1].controller->uid = "x"; }, 1},
        {"a leader of another name", [](Scene& s) { s.pods[1].key.name = "other-1"; }, 1},
        {"a leader without group-index, told by its name",
         [](Scene& s) { s.pods[1].group_index.clear(); },
         0},
    }));
    DYNAMIC_SECTION(c.name) {
        Scene scene;
        scene.settle();
        scene.leaders->partition = 1;
        // Group 0 is old and ready: it may roll once group 1 is through.
        scene.pods[0].revision_key = "old";
        c.change(scene);
        scene.observed.applied.reset();
        CHECK(number_in(apply_of(scene.plan()), "partition") == c.partition);
    }
}

TEST_CASE("groups of one need no workers", "[groups][set]") {
    Scene scene(make_set("'replicas':2", "'size':1"));
    scene.settle();
    scene.workers.clear();
    const SetPlan plan = scene.plan();
    const json::Document body = json::parse(find(plan, kStatus)->body).value();
    CHECK(body.root()["status"]["readyReplicas"].int64() == 2);
}

TEST_CASE("only groups whose workers exist are counted in the status", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.workers.pop_back();
    const SetPlan plan = scene.plan();
    const json::Document body = json::parse(find(plan, kStatus)->body).value();
    CHECK(body.root()["status"]["readyReplicas"].int64() == 1);
    CHECK(body.root()["status"]["replicas"].int64() == 2);
}

TEST_CASE("a missing revision of a live StatefulSet is made under its key", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.leaders->revision_key = "older-key";
    scene.revisions.clear();
    const SetPlan plan = scene.plan();
    REQUIRE(find(plan, kRevision) != nullptr);
    CHECK(
        find(plan, kRevision)->on_success[0].note ==
        "Creating missing revision with key older-key for existing LeaderWorkerSet"
    );
    const json::Document body = json::parse(apply_of(plan).body).value();
    CHECK(
        body.root()["spec"]["template"]["metadata"]["labels"][api::kRevisionKeyLabel].string() ==
        "older-key"
    );
    CHECK(number_in(apply_of(plan), "partition") == 0);
}

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

TEST_CASE("old revisions go when the rollout is over", "[groups][set]") {
    Scene scene;
    scene.settle();
    scene.add_revision(2, "old", make_set("'replicas':1", "'size':7").object()["spec"]);
    scene.add_revision(3, "foreign", make_set().object()["spec"]);
    scene.revisions.back().controller->uid = "another-set";
    SECTION("all groups new and ready") {
        const SetPlan plan = scene.plan();
        REQUIRE(kinds(plan) == Kinds{kStatus, kDelete});
        CHECK(plan.actions[1].key.name == "vllm-old-2");
        CHECK(
            plan.actions[1].body ==
            R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background",)"
            R"("preconditions":{"uid":"revision-2"}})"
        );
    }
    SECTION("not while a group is not ready") {
        scene.pods[0].ready = false;
        CHECK(find(scene.plan(), kDelete) == nullptr);
    }
    SECTION("not under a partition of the user's") {
        scene.set = make_set(
            "'replicas':2,'rolloutStrategy':{'type':'RollingUpdate',"
            "'rollingUpdateConfiguration':{'partition':1}}"
        );
        CHECK(find(scene.plan(), kDelete) == nullptr);
    }
    SECTION("not twice") {
        scene.revisions[1].deleting = true;
        CHECK(find(scene.plan(), kDelete) == nullptr);
    }
}

TEST_CASE("the comparison of templates is not repeated", "[groups][set]") {
    Scene scene;
    scene.settle();
    const auto match = scene.plan().template_match;
    REQUIRE(match == TemplateMatch{"set-uid", 3, "revision-1"});
    scene.observed.template_match = match;
    // Data that would differ is not looked at while set and revision are the same objects.
    scene.revisions[0].data = "{}";
    CHECK(find(scene.plan(), kRevision) == nullptr);
    CHECK(scene.plan().template_match == match);
    SECTION("another generation") {
        scene.observed.template_match->generation = 2;
    }
    SECTION("another revision") {
        scene.observed.template_match->revision_uid = "x";
    }
    SECTION("another set") {
        scene.observed.template_match->set_uid = "x";
    }
    CHECK(find(scene.plan(), kRevision) != nullptr);
}

TEST_CASE("a spec that cannot be stored fails the pass", "[groups][set]") {
    Scene scene;
    scene.set.document = testing::parse(
        "{'metadata':{'name':'vllm','namespace':'ml'},'spec':{'leaderWorkerTemplate':"
        "{'workerTemplate':{'spec':{'containers':'x'}}}}}"
    );
    const SetPlan plan = scene.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.failure);
}
