// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "controller/testing/world.hpp"

namespace lws::controller::testing {
namespace {

using Texts = std::vector<std::string>;

void bring_up(World& world, int replicas, int size) {
    world.start_controller();
    world.add_set("vllm", spec_of(replicas, size));
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
}

// Watches of this resource neither stand nor come back.
void take_watches_down(World& world, const std::string& resource) {
    Fault hang;
    hang.method = "GET";
    hang.target_part = resource + "?watch=true";
    hang.kind = FaultKind::hang;
    hang.count = 1000;
    world.server.add_fault(hang);
    world.server.cut_watches(resource);
}

// Lists since the last forget_requests(), in pages or as events.
std::size_t lists(const World& world) {
    return world.server.count("GET", "limit=") + world.server.count("GET", "sendInitialEvents");
}

void let_watches_back(World& world) {
    world.server.clear_faults();
    world.server.drop_hung();
}

TEST_CASE("a pod deleted while the watch was down restarts its group", "[world][watch]") {
    const bool compacted = GENERATE(false, true);
    const GoneStyle style = GENERATE(GoneStyle::http_status, GoneStyle::error_event);
    const bool streaming = GENERATE(true, false);
    World world;
    world.server.set_gone_style(style);
    world.server.set_streaming_lists(streaming);
    bring_up(world, 2, 2);
    const std::string leader = world.pod_uid("vllm-0");
    const std::string other = world.pod_uid("vllm-1");

    take_watches_down(world, "pods");
    REQUIRE(world.settle());
    world.cluster.remove_now({"pods", "ml", "vllm-0-1"});
    // The StatefulSet makes it anew before the controller can look.
    REQUIRE(world.run_until([&world] {
        return world.pod("vllm-0-1") != nullptr && is_ready(*world.pod("vllm-0-1"));
    }));
    REQUIRE(world.settle());
    CHECK(world.pod_uid("vllm-0") == leader);
    if (compacted) world.cluster.compact();
    let_watches_back(world);

    REQUIRE(world.run_until([&] {
        return world.pod_uid("vllm-0") != leader && world.pod("vllm-0-1") != nullptr &&
               world.available();
    }));
    REQUIRE(world.settle());
    CHECK(world.pod_uid("vllm-1") == other);
    CHECK(world.notes("RecreateGroup").size() == 1);
}

TEST_CASE("a conflict is got over without the watch", "[world][watch]") {
    World world;
    bring_up(world, 1, 2);
    take_watches_down(world, "statefulsets");
    REQUIRE(world.settle());
    world.cluster.update({"statefulsets", "ml", "vllm"}, [](JsonObject& object) {
        set_at(object, {"metadata", "annotations"}, "somebody", text_value("was here"));
    });
    world.change_set([](JsonObject& set) { set_at(set, {"spec"}, "replicas", 2); });
    REQUIRE(world.run_until([&world] {
        return number_at(*world.stateful_set("vllm"), {"spec", "replicas"}) == 2;
    }));
    let_watches_back(world);
    REQUIRE(world.run_until([&world] { return world.available(); }));
}

TEST_CASE("watches that the server ends go on where they were", "[world][watch]") {
    World world;
    bring_up(world, 1, 2);
    world.server.forget_requests();
    const bool cut = GENERATE(false, true);
    if (cut) {
        world.server.cut_watches();
    } else {
        world.server.end_watches();
    }
    world.change_set([](JsonObject& set) { set_at(set, {"spec"}, "replicas", 2); });
    REQUIRE(world.run_until([&world] {
        return world.available() && number_at(*world.set(), {"status", "replicas"}) == 2;
    }));
    CHECK(lists(world) == 0);
}

TEST_CASE("a bookmark spares a quiet watch the list after a compaction", "[world][watch]") {
    World world;
    bring_up(world, 1, 1);
    // Versions that the watch of pods never sees.
    JsonObject node = parse_object("{'metadata':{'name':'node-1'}}");
    REQUIRE(world.cluster.create("nodes", "", std::move(node)).status == 201);
    world.server.send_bookmarks();
    REQUIRE(world.settle());
    world.cluster.compact();
    world.server.forget_requests();
    world.server.cut_watches();
    REQUIRE(world.run_until([&world] { return world.server.open_watches() == 5; }));
    CHECK(lists(world) == 0);
}

TEST_CASE("lists come as events, in pages from a server that cannot send them", "[world][watch]") {
    const bool streaming = GENERATE(true, false);
    World world;
    world.server.set_streaming_lists(streaming);
    bring_up(world, 2, 2);
    CHECK(world.server.count("GET", "sendInitialEvents") == 5);
    CHECK(world.server.count("GET", "limit=") == (streaming ? 0 : 5));
    CHECK(world.controller->sizes().pods == 4);
}

TEST_CASE("a list in many pages misses nothing", "[world][watch]") {
    World world;
    bring_up(world, 3, 2);
    world.kill_controller();
    world.server.forget_requests();
    world.cluster.max_page = 2;
    world.server.set_streaming_lists(false);
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.controller->ready(); }));
    CHECK(world.server.count("GET", "continue=") >= 2);
    CHECK(world.controller->sizes().pods == 6);
    CHECK(world.controller->sizes().stateful_sets == 4);
}

TEST_CASE("objects that are of no set are not kept", "[world][watch]") {
    World world;
    for (int i = 0; i < 20; ++i) {
        JsonObject pod;
        set_at(pod, {"metadata"}, "name", text_value("other-" + std::to_string(i)));
        REQUIRE(world.cluster.create("pods", "ml", std::move(pod)).status == 201);
    }
    // Revisions that the StatefulSets of a leader and of its workers keep of their templates.
    for (const std::string index : {"worker-index", "group-index"}) {
        JsonObject revision = parse_object("{'data':{},'revision':1}");
        set_at(revision, {"metadata"}, "name", text_value(index));
        JsonObject& labels = make_object_at(revision, {"metadata", "labels"});
        labels["leaderworkerset.sigs.k8s.io/name"] = "vllm";
        labels["leaderworkerset.sigs.k8s.io/" + index] = "0";
        const auto made = world.cluster.create("controllerrevisions", "ml", std::move(revision));
        REQUIRE(made.status == 201);
    }
    bring_up(world, 1, 2);
    CHECK(world.controller->sizes().pods == 2);
    CHECK(world.controller->sizes().revisions == 1);
    CHECK(world.cluster.names("controllerrevisions").size() == 3);
}

TEST_CASE("a server that comes up after the controller is found", "[world][watch]") {
    World world;
    world.server.close();
    world.start_controller();
    REQUIRE(world.settle());
    CHECK_FALSE(world.controller->ready());
    world.add_set("vllm", spec_of(1, 2));
    world.server.listen();
    REQUIRE(world.run_until([&world] { return world.available(); }));
}

TEST_CASE("a server that goes away and comes back loses nothing", "[world][watch]") {
    World world;
    bring_up(world, 2, 2);
    const std::string leader = world.pod_uid("vllm-0");
    world.server.close();
    REQUIRE(world.settle());
    world.workloads.restart_container("ml", "vllm-0-1");
    world.change_set([](JsonObject& set) { set_at(set, {"spec"}, "replicas", 1); });
    world.server.listen();
    REQUIRE(world.run_until([&] {
        return world.available() && world.pod_uid("vllm-0") != leader &&
               world.cluster.names("pods") == Texts{"vllm-0", "vllm-0-1"};
    }));
}

}  // namespace
}  // namespace lws::controller::testing
