// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/plan_set.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/set_scene.hpp"

using namespace lws;
using namespace lws::rules;
using namespace lws::rules::testing;

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
        CHECK(plan.actions[1].uid == "revision-2");
    }
    SECTION("not while a group is not ready") {
        scene.pods[0].ready = false;
        CHECK(find(scene.plan(), kDelete) == nullptr);
    }
    SECTION("not before the StatefulSet controller has seen the end") {
        scene.leaders->current_revision = "before";
        scene.leaders->update_revision = "now";
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

TEST_CASE("what is remembered of the groups goes along with an apply", "[groups][plan]") {
    Scene scene;
    scene.settle();
    const std::string kMark = "1;a;0=1.2";
    scene.observed.group_mark = kMark;
    const auto mark_in = [](const SetPlan& plan) {
        const json::Document body = json::parse(apply_of(plan).body).value();
        return std::string(k8s::annotation(body.root(), api::kGroupMemoryAnnotation));
    };
    SECTION("and causes none before it is due") {
        CHECK(find(scene.plan(), kApply) == nullptr);
        scene.change_template();
        CHECK(mark_in(scene.plan()) == kMark);
    }
    SECTION("and causes one when it is due, with all else as it was") {
        const std::uint64_t hash = scene.plan().desired_hash;
        scene.observed.group_mark_due = true;
        const SetPlan plan = scene.plan();
        CHECK(mark_in(plan) == kMark);
        CHECK(plan.desired_hash == hash);
        CHECK(number_in(apply_of(plan), "replicas") == 2);
        CHECK(apply_of(plan).on_success.empty());
        scene.leaders->group_memory = kMark;
        CHECK(find(scene.plan(), kApply) == nullptr);
    }
}

TEST_CASE("an annotation of the mark's key on the set is not passed on", "[groups][plan]") {
    Scene scene(make_set(
        "'replicas':2",
        "'size':2",
        ",'annotations':{'leaderworkerset.sigs.k8s.io/group-memory':'1;a;0=1.2','x':'y'}"
    ));
    const json::Document body = json::parse(apply_of(scene.plan()).body).value();
    CHECK_FALSE(k8s::has_annotation(body.root(), api::kGroupMemoryAnnotation));
    CHECK(k8s::annotation(body.root(), "x") == "y");
}

TEST_CASE("groups beyond old and new replicas are over", "[groups][plan]") {
    Scene scene;
    scene.settle(5);
    CHECK(scene.plan().groups_end == 5);
    scene.leaders->replicas = 1;
    CHECK(scene.plan().groups_end == 2);
}
