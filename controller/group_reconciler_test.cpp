// SPDX-License-Identifier: Apache-2.0
#include "controller/group_reconciler.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "controller/testing/world.hpp"
#include "pkg/lws/api/labels.hpp"

namespace lws::controller::testing {
namespace {

using Texts = std::vector<std::string>;
using Uids = std::map<std::string, std::string>;

void bring_up(World& world, int replicas, int size) {
    world.start_controller();
    world.add_set("vllm", spec_of(replicas, size));
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    world.server.forget_requests();
}

Uids uids_of_group(const World& world, const std::string& group) {
    Uids out;
    for (const JsonObject& pod : world.cluster.all("pods")) {
        if (label_of(pod, api::kGroupIndexLabel) == group) {
            out.emplace(text_at(pod, {"metadata", "name"}), uid_of(pod));
        }
    }
    return out;
}

// Every pod of the group is another one than in `before`, and they are Ready.
bool is_renewed(const World& world, const std::string& group, const Uids& before) {
    const Uids now = uids_of_group(world, group);
    if (now.size() != before.size()) return false;
    for (const auto& [name, uid] : now) {
        const auto old = before.find(name);
        if (old == before.end() || old->second == uid) return false;
        if (!is_ready(*world.pod(name))) return false;
    }
    return true;
}

// Group 0 was recreated once, because of `failed`, and nothing else was touched.
void check_recreated_once(
    World& world, const Uids& before, const Uids& others, const char* failed
) {
    REQUIRE(world.run_until([&] { return is_renewed(world, "0", before) && world.available(); }));
    REQUIRE(world.settle());
    CHECK(is_renewed(world, "0", before));
    CHECK(uids_of_group(world, "1") == others);
    CHECK(world.server.count("DELETE", "/pods/") == 1);
    CHECK(world.server.count("DELETE", "/pods/vllm-0") == 1);
    CHECK(
        world.notes("RecreateGroup") ==
        Texts{
            std::string("Worker pod ") + failed +
            " failed, deleted leader pod vllm-0 to recreate group 0"
        }
    );
}

TEST_CASE("a recovery costs three writes beside those of the status", "[world][group]") {
    World world;
    world.controller_options.memory_interval = std::chrono::seconds(2);
    bring_up(world, 2, 3);
    const Uids before = uids_of_group(world, "0");
    const auto marked = [&world] { return world.server.count("PATCH", "/statefulsets/vllm") > 0; };
    // What is remembered of the new set is written first.
    REQUIRE(world.run_until(marked));
    world.server.forget_requests();
    world.workloads.restart_container("ml", "vllm-0-1");
    REQUIRE(world.run_until(marked));
    REQUIRE(world.settle());
    CHECK(is_renewed(world, "0", before));
    Texts writes = world.server.writes();
    // How many of these there are depends on how fast this machine is.
    std::erase_if(writes, [](const std::string& write) {
        return write.starts_with("PUT leaderworkersets");
    });
    CHECK(
        writes ==
        Texts{"DELETE pods ml/vllm-0", "POST statefulsets ml/", "PATCH statefulsets ml/vllm"}
    );
}

TEST_CASE("a restarted container recreates its group once and no other", "[world][group]") {
    const char* failed = GENERATE("vllm-0", "vllm-0-2");
    World world;
    bring_up(world, 2, 3);
    const Uids before = uids_of_group(world, "0");
    const Uids others = uids_of_group(world, "1");
    world.workloads.restart_container("ml", failed);
    check_recreated_once(world, before, others, failed);
    for (const RecordedRequest& request : world.server.requests()) {
        if (request.method != "DELETE") continue;
        const JsonObject options = parse_body(request.body);
        CHECK(text_at(options, {"propagationPolicy"}) == "Foreground");
        CHECK(text_at(options, {"preconditions", "uid"}) == before.at("vllm-0"));
    }
}

TEST_CASE("all containers of a group that restart at once recreate it once", "[world][group]") {
    World world;
    bring_up(world, 2, 3);
    const Uids before = uids_of_group(world, "0");
    const Uids others = uids_of_group(world, "1");
    for (const auto& [name, uid] : before) world.workloads.restart_container("ml", name);
    REQUIRE(world.run_until([&] { return is_renewed(world, "0", before); }));
    REQUIRE(world.settle());
    CHECK(uids_of_group(world, "1") == others);
    CHECK(world.server.count("DELETE", "/pods/") == 1);
    CHECK(world.notes("RecreateGroup").size() == 1);
}

TEST_CASE("a worker deleted with grace 0 recreates its group once", "[world][group]") {
    World world;
    bring_up(world, 2, 3);
    const Uids before = uids_of_group(world, "0");
    const Uids others = uids_of_group(world, "1");
    world.cluster.remove_now({"pods", "ml", "vllm-0-2"});
    check_recreated_once(world, before, others, "vllm-0-2");
}

TEST_CASE("a worker that is being deleted recreates its group once", "[world][group]") {
    World world;
    bring_up(world, 2, 3);
    const Uids before = uids_of_group(world, "0");
    const Uids others = uids_of_group(world, "1");
    (void)world.cluster.remove({"pods", "ml", "vllm-0-1"});
    check_recreated_once(world, before, others, "vllm-0-1");
}

TEST_CASE("a deleted leader is replaced and deleted no second time", "[world][group]") {
    World world;
    bring_up(world, 2, 2);
    const Uids before = uids_of_group(world, "0");
    (void)world.cluster.remove({"pods", "ml", "vllm-0"});
    REQUIRE(world.run_until([&] { return is_renewed(world, "0", before) && world.available(); }));
    REQUIRE(world.settle());
    CHECK(world.server.count("DELETE", "/pods/") == 0);
    CHECK(world.notes("RecreateGroup").empty());
}

TEST_CASE("while the leader drains its workers are not made anew", "[world][group]") {
    World world;
    bring_up(world, 1, 2);
    const Uids before = uids_of_group(world, "0");
    world.workloads.may_end = [](const JsonObject& pod) {
        return text_at(pod, {"metadata", "name"}) != "vllm-0";
    };
    world.workloads.restart_container("ml", "vllm-0-1");
    REQUIRE(world.run_until([&world] { return world.stateful_set("vllm-0") == nullptr; }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("pods") == Texts{"vllm-0"});
    CHECK(world.server.count("POST", "/statefulsets") == 0);
    CHECK(world.server.count("DELETE", "/pods/") == 1);
    world.workloads.may_end = [](const JsonObject&) { return true; };
    REQUIRE(world.run_until([&] { return is_renewed(world, "0", before); }));
    CHECK(world.server.count("POST", "/statefulsets") == 1);
}

TEST_CASE("workers serve on while their healthy leader drains", "[world][group]") {
    World world;
    bring_up(world, 2, 2);
    const std::string worker = world.pod_uid("vllm-1-1");
    world.workloads.may_end = [](const JsonObject& pod) {
        return text_at(pod, {"metadata", "name"}) != "vllm-1";
    };
    SECTION("at scale-down") {
        world.change_set([](JsonObject& set) { set_at(set, {"spec"}, "replicas", 1); });
    }
    SECTION("when the leader is deleted or evicted") {
        (void)world.cluster.remove({"pods", "ml", "vllm-1"});
    }
    SECTION("in a rollout") {
        world.change_set([](JsonObject& set) {
            set_at(set, {"spec", "leaderWorkerTemplate"}, "restartPolicy", "None");
        });
    }
    SECTION("when the set is deleted in the background") {
        (void)world.cluster.remove(
            {"leaderworkersets", "ml", "vllm"}, JsonObject{{"propagationPolicy", "Background"}}
        );
    }
    REQUIRE(world.run_until([&world] { return is_deleting(*world.pod("vllm-1")); }));
    REQUIRE(world.settle());
    CHECK(is_deleting(*world.pod("vllm-1")));
    REQUIRE(world.pod("vllm-1-1") != nullptr);
    CHECK_FALSE(is_deleting(*world.pod("vllm-1-1")));
    CHECK(world.pod_uid("vllm-1-1") == worker);
    CHECK(world.server.count("DELETE", "/pods/") == 0);
    CHECK(world.server.count("DELETE", "/statefulsets/") == 0);
    world.workloads.may_end = [](const JsonObject&) { return true; };
    REQUIRE(world.run_until([&] { return world.pod_uid("vllm-1-1") != worker; }));
    REQUIRE(world.settle());
    CHECK(world.notes("RecreateGroup").empty());
}

TEST_CASE(
    "workers whose StatefulSet was deleted by hand recreate their group once", "[world][group]"
) {
    World world;
    bring_up(world, 2, 3);
    const Uids before = uids_of_group(world, "0");
    const Uids others = uids_of_group(world, "1");
    const char* policy = GENERATE("Background", "Foreground");
    (void)world.cluster.remove(
        {"statefulsets", "ml", "vllm-0"}, JsonObject{{"propagationPolicy", policy}}
    );
    REQUIRE(world.run_until([&] { return is_renewed(world, "0", before) && world.available(); }));
    const Uids renewed = uids_of_group(world, "0");
    REQUIRE(world.settle());
    CHECK(uids_of_group(world, "0") == renewed);
    CHECK(uids_of_group(world, "1") == others);
    CHECK(world.server.count("DELETE", "/pods/") == 1);
    CHECK(world.notes("RecreateGroup").size() == 1);
}

TEST_CASE("workers of an earlier leader are waited out, then made anew", "[world][group]") {
    World world;
    bring_up(world, 1, 2);
    const std::string old_leader = world.pod_uid("vllm-0");
    const std::string old_workers = uid_of(*world.stateful_set("vllm-0"));
    // Somebody's finalizer keeps the old incarnation's StatefulSet.
    world.cluster.update({"statefulsets", "ml", "vllm-0"}, [](JsonObject& object) {
        set_at(object, {"metadata"}, "finalizers", parse_json("['example.com/wait']"));
    });
    world.cluster.remove_now({"pods", "ml", "vllm-0"});
    REQUIRE(world.run_until([&] {
        return !world.pod_uid("vllm-0").empty() && world.pod_uid("vllm-0") != old_leader &&
               is_ready(*world.pod("vllm-0"));
    }));
    REQUIRE(world.settle());
    CHECK(uid_of(*world.stateful_set("vllm-0")) == old_workers);
    const std::string new_leader = world.pod_uid("vllm-0");
    world.cluster.update({"statefulsets", "ml", "vllm-0"}, [](JsonObject& object) {
        object["metadata"].as_object().erase("finalizers");
    });
    world.cluster.remove_now({"statefulsets", "ml", "vllm-0"});
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    CHECK(world.pod_uid("vllm-0") == new_leader);
    CHECK(controller_uid_of(*world.stateful_set("vllm-0")) == new_leader);
    CHECK(world.notes("RecreateGroup").empty());
}

TEST_CASE("a foreign StatefulSet of a group's name is told and never written", "[world][group]") {
    World world;
    JsonObject foreign = parse_object(
        "{'metadata':{'name':'vllm-0'},'spec':{'replicas':0,'serviceName':'x','selector':{"
        "'matchLabels':{'app':'x'}},'template':{'metadata':{'labels':{'app':'x'}}}}}"
    );
    REQUIRE(world.cluster.create("statefulsets", "ml", std::move(foreign)).status == 201);
    REQUIRE(world.settle());
    const std::string version =
        text_at(*world.stateful_set("vllm-0"), {"metadata", "resourceVersion"});
    world.start_controller();
    world.add_set("vllm", spec_of(1, 2));
    REQUIRE(world.run_until([&world] { return !world.notes("FailedCreate").empty(); }));
    REQUIRE(world.settle());
    CHECK(text_at(*world.stateful_set("vllm-0"), {"metadata", "resourceVersion"}) == version);
    CHECK(world.server.count("DELETE", "/statefulsets/") == 0);
    CHECK_THAT(
        world.notes("FailedCreate").front(),
        Catch::StartsWith("Failed to create worker statefulset for leader pod vllm-0: ")
    );
}

TEST_CASE("LeaderReady holds the workers until the leader is ready", "[world][group]") {
    World world;
    world.workloads.may_become_ready = [](const JsonObject& pod) {
        return label_of(pod, api::kWorkerIndexLabel) != "0";
    };
    world.start_controller();
    world.add_set("vllm", spec_of(2, 2, "image-1", "LeaderReady"));
    REQUIRE(world.run_until([&world] { return world.cluster.names("pods").size() == 2; }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("pods") == Texts{"vllm-0", "vllm-1"});
    CHECK(world.cluster.names("statefulsets") == Texts{"vllm"});

    world.workloads.set_ready("ml", "vllm-1", true);
    REQUIRE(world.run_until([&world] { return world.pod("vllm-1-1") != nullptr; }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("pods") == Texts{"vllm-0", "vllm-1", "vllm-1-1"});
}

TEST_CASE("with UniquePerReplica each leader has its own Service", "[world][group]") {
    World world;
    world.start_controller();
    world.add_set("vllm", spec_of(2, 2));
    world.change_set([](JsonObject& set) {
        set_at(set, {"spec", "networkConfig"}, "subdomainPolicy", "UniquePerReplica");
    });
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    const Uids before = uids_of_group(world, "0");
    CHECK(world.cluster.names("services") == Texts{"vllm-0", "vllm-1"});
    CHECK(text_at(*world.stateful_set("vllm-1"), {"spec", "serviceName"}) == "vllm-1");

    world.workloads.restart_container("ml", "vllm-0");
    REQUIRE(world.run_until([&] { return is_renewed(world, "0", before) && world.available(); }));
    REQUIRE(world.settle());
    const JsonObject* service = world.cluster.find({"services", "ml", "vllm-0"});
    REQUIRE(service != nullptr);
    CHECK(controller_uid_of(*service) == world.pod_uid("vllm-0"));
}

TEST_CASE("an exclusive group asks for its node once and pins its workers", "[world][group]") {
    World world;
    JsonObject node = parse_object("{'metadata':{'name':'node-1','labels':{'rack':'r7'}}}");
    REQUIRE(world.cluster.create("nodes", "", std::move(node)).status == 201);
    world.start_controller();
    world.add_set("vllm", spec_of(1, 2));
    world.change_set([](JsonObject& set) {
        set_at(set, {"metadata", "annotations"}, api::kExclusiveTopologyAnnotation, "rack");
    });
    REQUIRE(world.run_until([&world] { return world.available(); }));
    CHECK(
        text_at(
            *world.stateful_set("vllm-0"), {"spec", "template", "spec", "nodeSelector", "rack"}
        ) == "r7"
    );
    CHECK(world.server.count("GET", "/nodes/node-1") == 1);
}

TEST_CASE("an exclusive group waits for a node with the label", "[world][group]") {
    World world;
    if (GENERATE(true, false)) {
        JsonObject bare = parse_object("{'metadata':{'name':'node-1'}}");
        REQUIRE(world.cluster.create("nodes", "", std::move(bare)).status == 201);
    }
    world.add_set("vllm", spec_of(1, 2));
    world.change_set([](JsonObject& set) {
        set_at(set, {"metadata", "annotations"}, api::kExclusiveTopologyAnnotation, "rack");
    });
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.server.count("GET", "/nodes/node-1") >= 3; }));
    CHECK(world.cluster.names("statefulsets") == Texts{"vllm"});
    world.cluster.remove_now({"nodes", "", "node-1"});
    JsonObject node = parse_object("{'metadata':{'name':'node-1','labels':{'rack':'r7'}}}");
    REQUIRE(world.cluster.create("nodes", "", std::move(node)).status == 201);
    REQUIRE(world.run_until([&world] { return world.available(); }));
    CHECK(world.cluster.names("statefulsets") == Texts{"vllm", "vllm-0"});
}

TEST_CASE("a Service of a group that somebody deleted is made anew", "[world][group]") {
    World world;
    world.add_set("vllm", spec_of(1, 2));
    world.change_set([](JsonObject& set) {
        set_at(set, {"spec", "networkConfig"}, "subdomainPolicy", "UniquePerReplica");
    });
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    world.cluster.remove_now({"services", "ml", "vllm-0"});
    REQUIRE(world.run_until([&world] { return !world.cluster.names("services").empty(); }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("services") == Texts{"vllm-0"});
    CHECK(world.notes("RecreateGroup").empty());
}

TEST_CASE("a worker StatefulSet whose creation was answered too late is found", "[world][group]") {
    World world;
    Fault lost;
    lost.method = "POST";
    lost.target_part = "/statefulsets";
    lost.kind = FaultKind::lose_answer;
    world.server.add_fault(lost);
    world.start_controller();
    world.add_set("vllm", spec_of(1, 2));
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("statefulsets") == Texts{"vllm", "vllm-0"});
    CHECK(world.notes("RecreateGroup").empty());
}

TEST_CASE("a recreation whose answer was lost is not made twice", "[world][group]") {
    World world;
    bring_up(world, 2, 2);
    const Uids before = uids_of_group(world, "0");
    const Uids others = uids_of_group(world, "1");
    Fault lost;
    lost.method = "DELETE";
    lost.kind = FaultKind::lose_answer;
    world.server.add_fault(lost);
    world.workloads.restart_container("ml", "vllm-0-1");
    REQUIRE(world.run_until([&] { return is_renewed(world, "0", before) && world.available(); }));
    const Uids renewed = uids_of_group(world, "0");
    REQUIRE(world.settle());
    CHECK(uids_of_group(world, "0") == renewed);
    CHECK(uids_of_group(world, "1") == others);
}

TEST_CASE("a failed group with a bounded grace is taken down whole", "[world][group]") {
    World world;
    bring_up(world, 2, 3);
    world.change_set([](JsonObject& set) {
        set_at(set, {"metadata", "annotations"}, api::kRestartGracePeriodAnnotation, "2");
    });
    REQUIRE(world.settle());
    world.server.forget_requests();
    const Uids before = uids_of_group(world, "0");
    const Uids others = uids_of_group(world, "1");
    world.workloads.may_end = [](const JsonObject&) { return false; };
    world.workloads.restart_container("ml", "vllm-0-1");
    REQUIRE(world.run_until([&world] { return world.server.count("DELETE", "/pods/") == 3; }));
    REQUIRE(world.settle());
    CHECK(world.server.count("DELETE", "/pods/") == 3);
    CHECK(world.server.count("DELETE", "/statefulsets/vllm-0") == 1);
    Texts order;
    for (const RecordedRequest& request : world.server.requests()) {
        if (request.method != "DELETE") continue;
        const JsonObject options = parse_body(request.body);
        CHECK(text_at(options, {"propagationPolicy"}) == "Foreground");
        CHECK_FALSE(text_at(options, {"preconditions", "uid"}).empty());
        const bool is_pod = request.target.find("/pods/") != std::string::npos;
        CHECK(number_at(options, {"gracePeriodSeconds"}, -1) == (is_pod ? 2 : -1));
        order.push_back(request.target.substr(request.target.rfind('/') + 1));
    }
    CHECK(order.size() == 4);
    CHECK(order[0] == "vllm-0");
    CHECK(order[1] == "vllm-0");
    world.workloads.may_end = [](const JsonObject&) { return true; };
    REQUIRE(world.run_until([&] { return is_renewed(world, "0", before) && world.available(); }));
    REQUIRE(world.settle());
    CHECK(uids_of_group(world, "1") == others);
    CHECK(world.server.count("DELETE", "/pods/") == 3);
    CHECK(world.notes("RecreateGroup").size() == 1);
}

TEST_CASE("with Parallel workers go together with a leader that is scaled down", "[world][group]") {
    World world;
    bring_up(world, 2, 2);
    world.change_set([](JsonObject& set) {
        set_at(set, {"metadata", "annotations"}, api::kPodTerminationPolicyAnnotation, "Parallel");
    });
    REQUIRE(world.settle());
    world.server.forget_requests();
    world.workloads.may_end = [](const JsonObject&) { return false; };
    world.change_set([](JsonObject& set) { set_at(set, {"spec"}, "replicas", 1); });
    REQUIRE(world.run_until([&world] {
        return is_deleting(*world.pod("vllm-1")) && is_deleting(*world.pod("vllm-1-1"));
    }));
    REQUIRE(world.settle());
    CHECK(world.server.count("DELETE", "/statefulsets/vllm-1") == 1);
    CHECK(world.server.count("DELETE", "/pods/") == 0);
    CHECK_FALSE(is_deleting(*world.pod("vllm-0-1")));
    world.workloads.may_end = [](const JsonObject&) { return true; };
    REQUIRE(world.run_until([&world] { return world.pod("vllm-1") == nullptr; }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("pods") == Texts{"vllm-0", "vllm-0-1"});
    CHECK(world.notes("RecreateGroup").empty());
}

}  // namespace
}  // namespace lws::controller::testing
