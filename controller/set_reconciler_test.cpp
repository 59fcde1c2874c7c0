// SPDX-License-Identifier: Apache-2.0
#include "controller/set_reconciler.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "controller/testing/world.hpp"
#include "pkg/lws/api/labels.hpp"

namespace lws::controller::testing {
namespace {

using Texts = std::vector<std::string>;

// A set of this spec, its groups up, and nobody busy.
void bring_up(World& world, const std::string& spec) {
    world.start_controller();
    world.add_set("vllm", spec);
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
}

TEST_CASE("a new set gets its revision, StatefulSet, Service and workers", "[world][set]") {
    World world;
    world.cluster.keeps_max_unavailable = GENERATE(true, false);
    bring_up(world, spec_of(2, 3));

    CHECK(
        world.cluster.names("pods") ==
        Texts{"vllm-0", "vllm-0-1", "vllm-0-2", "vllm-1", "vllm-1-1", "vllm-1-2"}
    );
    CHECK(world.cluster.names("statefulsets") == Texts{"vllm", "vllm-0", "vllm-1"});
    CHECK(world.cluster.names("services") == Texts{"vllm"});
    REQUIRE(world.cluster.names("controllerrevisions").size() == 1);

    const JsonObject& status = world.set()->at("status").as_object();
    CHECK(number_at(status, {"replicas"}) == 2);
    CHECK(number_at(status, {"readyReplicas"}) == 2);
    CHECK(number_at(status, {"updatedReplicas"}) == 2);
    CHECK(number_at(status, {"observedGeneration"}) == 1);
    CHECK(world.condition("Progressing") != "True");

    const auto revision = world.cluster.all("controllerrevisions").front();
    const std::string key = label_of(revision, api::kRevisionKeyLabel);
    CHECK_FALSE(key.empty());
    for (const JsonObject& pod : world.cluster.all("pods")) {
        CHECK(label_of(pod, api::kRevisionKeyLabel) == key);
    }
    CHECK(controller_uid_of(*world.stateful_set("vllm")) == uid_of(*world.set()));
    CHECK(controller_uid_of(*world.stateful_set("vllm-1")) == world.pod_uid("vllm-1"));
    CHECK(controller_uid_of(revision) == uid_of(*world.set()));
    CHECK(world.notes("CreatingRevision").size() == 1);
    CHECK(world.notes("AllGroupsReady").size() == 1);
    // Deletion is left to garbage collection.
    for (const char* resource :
         {"leaderworkersets", "statefulsets", "pods", "services", "controllerrevisions"}) {
        for (const JsonObject& object : world.cluster.all(resource)) {
            CHECK(find_at(object, {"metadata", "finalizers"}) == nullptr);
        }
    }
}

TEST_CASE("a step that fails stops the pass, and the pass is made again", "[world][set]") {
    World world;
    Fault refusal;
    refusal.method = "POST";
    refusal.target_part = "/controllerrevisions";
    refusal.status = 403;
    refusal.reason = "Forbidden";
    refusal.count = 3;
    world.server.add_fault(refusal);
    bring_up(world, spec_of(1, 2));
    const Texts writes = world.server.writes();
    REQUIRE(writes.size() > 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_THAT(writes[i], Catch::StartsWith("POST controllerrevisions"));
    }
    CHECK_THAT(writes[4], Catch::StartsWith("PATCH statefulsets ml/vllm"));
}

TEST_CASE("a changed claim template is refused, told and tried again", "[world][set]") {
    World world;
    bring_up(world, spec_of(1, 2));
    const std::string uid = world.pod_uid("vllm-0");
    const auto set_claims = [&world](const char* claims) {
        world.change_set([claims](JsonObject& set) {
            set_at(
                set, {"spec", "leaderWorkerTemplate"}, "volumeClaimTemplates", parse_json(claims)
            );
        });
    };
    world.server.forget_requests();
    set_claims("[{'metadata':{'name':'data'},'spec':{'accessModes':['ReadWriteOnce']}}]");
    REQUIRE(world.run_until([&world] {
        return world.server.count("PATCH", "/statefulsets/vllm") >= 3 &&
               !world.notes("FailedUpdate").empty();
    }));
    CHECK_THAT(
        world.notes("FailedUpdate").front(),
        Catch::StartsWith("Failed to update leader statefulset vllm: ") &&
            Catch::Contains("volumeClaimTemplates")
    );
    // Taken back, the set is as it was.
    set_claims("[]");
    REQUIRE(world.run_until([&world] {
        return world.available() && world.cluster.names("controllerrevisions").size() == 1;
    }));
    CHECK(world.pod_uid("vllm-0") == uid);
}

TEST_CASE(
    "a StatefulSet as older releases label it is completed and rolls nothing", "[world][set]"
) {
    World world;
    world.start_controller();
    world.add_set("vllm", spec_of(2, 2));
    const auto label_set = [](JsonObject& set) {
        set_at(set, {"metadata", "labels"}, "team", "a");
        set_at(set, {"metadata", "annotations"}, "note", "b");
    };
    world.change_set(label_set);
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    world.kill_controller();
    // Before 0.10: name, revision key and replicas alone.
    world.cluster.update({"statefulsets", "ml", "vllm"}, [](JsonObject& object) {
        object["metadata"].as_object()["labels"].as_object().erase("team");
        object["metadata"].as_object()["annotations"].as_object().erase("note");
    });
    const std::string first = world.pod_uid("vllm-0");
    const std::string second = world.pod_uid("vllm-1");
    world.start_controller();
    REQUIRE(world.run_until([&world] {
        const JsonObject& leaders = *world.stateful_set("vllm");
        return label_of(leaders, "team") == "a" &&
               text_at(leaders, {"metadata", "annotations", "note"}) == "b";
    }));
    REQUIRE(world.settle());
    CHECK(world.pod_uid("vllm-0") == first);
    CHECK(world.pod_uid("vllm-1") == second);
    CHECK(world.cluster.names("controllerrevisions").size() == 1);
}

TEST_CASE(
    "an exclusive topology put on a live set rolls the leaders under their key", "[world][set]"
) {
    World world;
    JsonObject node = parse_object("{'metadata':{'name':'node-1','labels':{'rack':'r7'}}}");
    REQUIRE(world.cluster.create("nodes", "", std::move(node)).status == 201);
    bring_up(world, spec_of(2, 2));
    const auto key_of = [&world](const char* name) {
        return label_of(*world.stateful_set(name), api::kRevisionKeyLabel);
    };
    const std::string key = key_of("vllm");
    const std::string first = world.pod_uid("vllm-0");
    world.change_set([](JsonObject& set) {
        set_at(set, {"metadata", "annotations"}, api::kExclusiveTopologyAnnotation, "rack");
    });
    REQUIRE(world.run_until([&] {
        return world.pod_uid("vllm-0") != first && world.pod("vllm-0-1") != nullptr &&
               world.available();
    }));
    REQUIRE(world.settle());
    const Path topology{"metadata", "annotations", api::kExclusiveTopologyAnnotation};
    for (const char* name : {"vllm-0", "vllm-1"}) {
        CHECK(text_at(*world.pod(name), topology) == "rack");
        CHECK(key_of(name) == key);
    }
    CHECK(key_of("vllm") == key);
    CHECK(world.cluster.names("controllerrevisions").size() == 1);
    CHECK(world.notes("RecreateGroup").empty());
}

TEST_CASE(
    "a Service of the set that somebody deleted is made anew, and never changed", "[world][set]"
) {
    World world;
    bring_up(world, spec_of(1, 2));
    world.cluster.update({"services", "ml", "vllm"}, [](JsonObject& object) {
        set_at(object, {"metadata", "annotations"}, "mine", "yes");
    });
    REQUIRE(world.settle());
    const JsonObject* service = world.cluster.find({"services", "ml", "vllm"});
    CHECK(text_at(*service, {"metadata", "annotations", "mine"}) == "yes");
    world.cluster.remove_now({"services", "ml", "vllm"});
    REQUIRE(world.run_until([&world] { return !world.cluster.names("services").empty(); }));
    REQUIRE(world.settle());
    CHECK(world.server.count("POST", "/services") == 2);
    CHECK(world.server.count("PATCH", "/services") + world.server.count("PUT", "/services") == 0);
}

TEST_CASE("passes over a settled set write nothing", "[world][set]") {
    World world;
    world.cluster.keeps_max_unavailable = GENERATE(true, false);
    bring_up(world, spec_of(2, 2));
    world.server.forget_requests();
    const auto passes = world.passes;

    // Wakes set and group, and changes nothing that either decides on.
    world.cluster.update({"statefulsets", "ml", "vllm-0"}, [](JsonObject& object) {
        set_at(object, {"metadata", "annotations"}, "touched", "yes");
    });
    REQUIRE(world.run_until([&] { return world.passes >= passes + 2; }));
    REQUIRE(world.settle());
    CHECK(world.server.writes().empty());
}

TEST_CASE("a new process changes no object of a settled set", "[world][set]") {
    World world;
    bring_up(world, spec_of(2, 2));
    const auto before = world.cluster.version();
    world.kill_controller();
    const auto passes = world.passes;
    world.server.forget_requests();
    world.start_controller();
    REQUIRE(world.run_until([&] { return world.passes >= passes + 3; }));
    REQUIRE(world.settle());
    CHECK(world.cluster.version() == before);
    // It cannot know what was applied last, so it applies once.
    CHECK(world.server.writes() == Texts{"PATCH statefulsets ml/vllm"});
}

TEST_CASE("scaling up adds groups and scaling down takes the last away", "[world][set]") {
    World world;
    bring_up(world, spec_of(2, 2));
    const std::string first = world.pod_uid("vllm-0");
    const auto scale_to = [&world](int replicas) {
        world.change_set([replicas](JsonObject& set) {
            set_at(set, {"spec"}, "replicas", replicas);
        });
        REQUIRE(world.run_until([&world, replicas] {
            return world.available() && number_at(*world.set(), {"status", "replicas"}) == replicas;
        }));
        REQUIRE(world.settle());
    };
    scale_to(4);
    CHECK(world.cluster.names("pods").size() == 8);
    CHECK(
        text_at(
            *world.stateful_set("vllm"), {"metadata", "annotations", api::kReplicasAnnotation}
        ) == "4"
    );
    scale_to(1);
    CHECK(world.cluster.names("pods") == Texts{"vllm-0", "vllm-0-1"});
    CHECK(world.cluster.names("statefulsets") == Texts{"vllm", "vllm-0"});
    CHECK(world.pod_uid("vllm-0") == first);
    scale_to(0);
    CHECK(world.cluster.names("pods").empty());
    CHECK(world.notes("RecreateGroup").empty());
}

TEST_CASE("a conflict is retried without a word", "[world][set]") {
    const auto [method, target] = GENERATE(table<std::string, std::string>({
        {"PUT", "/leaderworkersets/vllm/status"},
        {"PATCH", "/statefulsets/vllm"},
    }));
    World world;
    Fault conflict;
    conflict.method = method;
    conflict.target_part = target;
    conflict.status = 409;
    conflict.reason = "Conflict";
    conflict.count = 3;
    world.server.add_fault(conflict);
    bring_up(world, spec_of(1, 2));
    CHECK(world.server.count(method, target) >= 4);
    CHECK(world.notes("FailedUpdate").empty());
    CHECK(world.notes("FailedCreate").empty());
}

TEST_CASE("what others change in the leader StatefulSet is put back", "[world][set]") {
    World world;
    bring_up(world, spec_of(2, 2));
    const std::string uid = world.pod_uid("vllm-1");
    world.cluster.update({"statefulsets", "ml", "vllm"}, [](JsonObject& object) {
        set_at(object, {"spec"}, "replicas", 3);
        // As `kubectl delete --cascade=orphan` leaves it.
        object["metadata"].as_object().erase("ownerReferences");
    });
    REQUIRE(world.run_until([&world] {
        const JsonObject& leaders = *world.stateful_set("vllm");
        return number_at(leaders, {"spec", "replicas"}) == 2 &&
               controller_uid_of(leaders) == uid_of(*world.set());
    }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("pods") == Texts{"vllm-0", "vllm-0-1", "vllm-1", "vllm-1-1"});
    CHECK(world.pod_uid("vllm-1") == uid);
}

TEST_CASE("a foreign StatefulSet of the set's name is never written", "[world][set]") {
    World world;
    JsonObject foreign = parse_object(
        "{'metadata':{'name':'vllm'},'spec':{'replicas':0,'serviceName':'x','selector':{"
        "'matchLabels':{'app':'x'}},'template':{'metadata':{'labels':{'app':'x'}}}}}"
    );
    REQUIRE(world.cluster.create("statefulsets", "ml", std::move(foreign)).status == 201);
    REQUIRE(world.settle());
    const std::string version =
        text_at(*world.stateful_set("vllm"), {"metadata", "resourceVersion"});

    world.start_controller();
    world.add_set("vllm", spec_of(1, 1));
    REQUIRE(world.run_until([&world] { return !world.notes("FailedUpdate").empty(); }));
    REQUIRE(world.settle());
    CHECK(text_at(*world.stateful_set("vllm"), {"metadata", "resourceVersion"}) == version);
    CHECK(world.server.count("PATCH", "/statefulsets/") == 0);
    CHECK(world.cluster.names("pods").empty());
    CHECK(world.condition("Available") != "True");
    CHECK_THAT(
        world.notes("FailedUpdate").front(),
        Catch::StartsWith("Failed to update leader statefulset vllm: ")
    );
}

TEST_CASE("a foreign Service of the set's name is told and stops nothing", "[world][set]") {
    World world;
    JsonObject foreign =
        parse_object("{'metadata':{'name':'vllm'},'spec':{'selector':{'app':'x'}}}");
    REQUIRE(world.cluster.create("services", "ml", std::move(foreign)).status == 201);
    bring_up(world, spec_of(1, 2));
    CHECK(
        find_at(*world.cluster.find({"services", "ml", "vllm"}), {"metadata", "ownerReferences"}) ==
        nullptr
    );
    REQUIRE_FALSE(world.notes("FailedCreate").empty());
    CHECK_THAT(
        world.notes("FailedCreate").front(),
        Catch::StartsWith("Failed to create headless service for error: ")
    );
    CHECK(world.server.count("PUT", "/services") + world.server.count("PATCH", "/services") == 0);
}

TEST_CASE("a set that no webhook defaulted comes up all the same", "[world][set]") {
    World world;
    bring_up(
        world,
        "{'leaderWorkerTemplate':{'workerTemplate':{'spec':{'containers':[{'name':'main',"
        "'image':'a'}]}}}}"
    );
    CHECK(world.cluster.names("pods") == Texts{"vllm-0"});
    CHECK(world.cluster.names("statefulsets") == Texts{"vllm"});
    CHECK(world.cluster.names("services") == Texts{"vllm"});
}

TEST_CASE("a set of size 1 gets no worker StatefulSet", "[world][set]") {
    World world;
    bring_up(world, spec_of(3, 1));
    CHECK(world.cluster.names("statefulsets") == Texts{"vllm"});
    CHECK(world.cluster.names("pods") == Texts{"vllm-0", "vllm-1", "vllm-2"});
}

TEST_CASE("a set being deleted is left to the garbage collector", "[world][set]") {
    World world;
    bring_up(world, spec_of(2, 2));
    world.server.forget_requests();
    const char* policy = GENERATE("Background", "Foreground");
    (void)world.cluster.remove(
        {"leaderworkersets", "ml", "vllm"}, JsonObject{{"propagationPolicy", policy}}
    );
    REQUIRE(world.run_until([&world] {
        return world.cluster.names("pods").empty() && world.cluster.names("statefulsets").empty() &&
               world.cluster.names("services").empty() &&
               world.cluster.names("controllerrevisions").empty() && world.set() == nullptr;
    }));
    REQUIRE(world.settle());
    CHECK(world.server.writes().empty());
}

TEST_CASE("a set made again under its name waits for the removal of the old", "[world][set]") {
    World world;
    bring_up(world, spec_of(1, 2));
    const std::string old_pod = world.pod_uid("vllm-0");
    world.cluster.remove_now({"leaderworkersets", "ml", "vllm"});
    world.add_set("vllm", spec_of(1, 2));
    REQUIRE(world.run_until([&] { return world.available() && world.pod_uid("vllm-0") != old_pod; })
    );
    REQUIRE(world.settle());
    CHECK(controller_uid_of(*world.stateful_set("vllm")) == uid_of(*world.set()));
    CHECK(world.cluster.names("pods") == Texts{"vllm-0", "vllm-0-1"});
}

TEST_CASE("sets a and a-0 side by side are reported on both", "[world][set]") {
    World world;
    world.start_controller();
    const char* first = GENERATE("vllm", "vllm-0");
    world.add_set(first, spec_of(1, 2));
    REQUIRE(world.settle());
    world.add_set(first == std::string("vllm") ? "vllm-0" : "vllm", spec_of(1, 2));
    const auto conflict_of = [&world](const char* name) {
        const JsonArray* conditions = array_at(*world.set(name), {"status", "conditions"});
        if (conditions == nullptr) return false;
        return std::any_of(conditions->begin(), conditions->end(), [](const JsonValue& value) {
            return text_at(value.as_object(), {"type"}) == "NameConflict" &&
                   text_at(value.as_object(), {"status"}) == "True";
        });
    };
    REQUIRE(world.run_until([&] { return conflict_of("vllm") && conflict_of("vllm-0"); }));
    REQUIRE(world.settle());
    const JsonObject& kept = *world.stateful_set("vllm-0");
    const bool parent_was_first = first == std::string("vllm");
    CHECK(
        controller_uid_of(kept) ==
        (parent_was_first ? world.pod_uid("vllm-0") : uid_of(*world.set("vllm-0")))
    );
    CHECK(world.controller->sizes().name_conflicts >= 2);
    CHECK(world.server.count("DELETE", "/statefulsets/") == 0);
}

}  // namespace
}  // namespace lws::controller::testing
