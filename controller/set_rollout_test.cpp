// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/testing/world.hpp"
#include "pkg/lws/api/labels.hpp"

namespace lws::controller::testing {
namespace {

// Groups below `replicas` whose pods are not all there and Ready.
int unavailable_groups(const World& world, int replicas, int size) {
    std::map<std::string, int> ready;
    for (const JsonObject& pod : world.cluster.all("pods")) {
        if (is_ready(pod) && !is_deleting(pod)) ++ready[label_of(pod, api::kGroupIndexLabel)];
    }
    int unavailable = 0;
    for (int group = 0; group < replicas; ++group) {
        if (ready[std::to_string(group)] != size) ++unavailable;
    }
    return unavailable;
}

std::string image_of(const JsonObject& pod) {
    const JsonArray* containers = array_at(pod, {"spec", "containers"});
    return containers == nullptr ? "" : text_at(containers->front().as_object(), {"image"});
}

void bring_up(World& world, int replicas) {
    world.start_controller();
    world.add_set("vllm", spec_of(replicas, 2));
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
}

void change_image(World& world) {
    world.change_set([](JsonObject& set) {
        set_at(
            set,
            {"spec", "leaderWorkerTemplate", "workerTemplate", "spec"},
            "containers",
            parse_json("[{'name':'main','image':'image-2'}]")
        );
    });
}

bool all_on(const World& world, const std::string& image) {
    const auto pods = world.cluster.all("pods");
    return std::all_of(pods.begin(), pods.end(), [&image](const JsonObject& pod) {
        return image_of(pod) == image;
    });
}

// The values that the leader StatefulSet's partition has had.
std::vector<std::int64_t> partitions_so_far(const World& world) {
    std::vector<std::int64_t> out;
    for (const FakeCluster::Change& change : world.cluster.history()) {
        if (change.id != ObjectId{"statefulsets", "ml", "vllm"}) continue;
        const auto partition =
            number_at(change.object, {"spec", "updateStrategy", "rollingUpdate", "partition"});
        if (out.empty() || out.back() != partition) out.push_back(partition);
    }
    return out;
}

// Method and resource of each.
std::set<std::string> kinds_of(const std::vector<std::string>& writes) {
    std::set<std::string> kinds;
    for (const std::string& write : writes) {
        kinds.insert(write.substr(0, write.find(' ', write.find(' ') + 1)));
    }
    return kinds;
}

TEST_CASE("a template change rolls the groups one at a time", "[world][rollout]") {
    constexpr int kReplicas = 4;
    World world;
    world.cluster.keeps_max_unavailable = GENERATE(true, false);
    bring_up(world, kReplicas);
    world.server.forget_requests();

    int most_unavailable = 0;
    world.watchman = [&] {
        most_unavailable = std::max(most_unavailable, unavailable_groups(world, kReplicas, 2));
    };
    change_image(world);
    REQUIRE(world.run_until([&world] { return world.available() && all_on(world, "image-2"); }));
    REQUIRE(world.settle());

    CHECK(most_unavailable == 1);
    CHECK(partitions_so_far(world) == std::vector<std::int64_t>{0, 4, 3, 2, 1, 0});
    CHECK(world.cluster.names("pods").size() == 8);
    // The old revision goes when the rollout is over.
    CHECK(world.cluster.names("controllerrevisions").size() == 1);
    CHECK(world.notes("RecreateGroup").empty());
    CHECK_THAT(
        world.notes("GroupsUpdating"), Catch::VectorContains(std::string("Updating replica 2"))
    );
    // Only the leader StatefulSet is patched; pods and worker StatefulSets go without our doing.
    const std::set<std::string> kinds = kinds_of(world.server.writes());
    CHECK(
        kinds ==
        std::set<std::string>{
            "DELETE controllerrevisions",
            "PATCH statefulsets",
            "POST controllerrevisions",
            "POST statefulsets",
            "PUT leaderworkersets"
        }
    );
    CHECK(
        world.server.count("PATCH", "/statefulsets/") ==
        world.server.count("PATCH", "/statefulsets/vllm?")
    );
}

TEST_CASE("a controller killed in a rollout finishes it after its restart", "[world][rollout]") {
    World world;
    bring_up(world, 3);
    int most_unavailable = 0;
    world.watchman = [&] {
        most_unavailable = std::max(most_unavailable, unavailable_groups(world, 3, 2));
    };
    change_image(world);
    const auto updated = [&world] {
        const auto pods = world.cluster.all("pods");
        return std::count_if(pods.begin(), pods.end(), [](const JsonObject& pod) {
            return image_of(pod) == "image-2";
        });
    };
    REQUIRE(world.run_until([&] { return updated() == 2; }));
    world.kill_controller();
    REQUIRE(world.settle());
    CHECK_FALSE(all_on(world, "image-2"));
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.available() && all_on(world, "image-2"); }));
    CHECK(most_unavailable == 1);
    CHECK(world.notes("RecreateGroup").empty());
}

TEST_CASE("a group that keeps failing gets the new template like the others", "[world][rollout]") {
    World world;
    world.controller_options.groups.backoff = {
        std::chrono::hours(1), std::chrono::hours(1), std::chrono::hours(1)
    };
    bring_up(world, 3);
    for (int i = 0; i < 2; ++i) {
        REQUIRE(world.run_until([&world] { return world.pod("vllm-0-1") != nullptr; }));
        const std::string leader = world.pod_uid("vllm-0");
        world.workloads.restart_container("ml", "vllm-0-1");
        REQUIRE(world.run_until([&] { return world.pod_uid("vllm-0") != leader; }));
    }
    REQUIRE(world.run_until([&world] { return world.controller->sizes().held_groups == 1; }));
    change_image(world);
    REQUIRE(world.run_until([&world] { return all_on(world, "image-2") && world.available(); }));
    CHECK(world.pod("vllm-0-1") != nullptr);
    CHECK(world.controller->sizes().held_groups == 0);
    CHECK(partitions_so_far(world).back() == 0);
}

TEST_CASE("a rollout waits for a group that does not become ready", "[world][rollout]") {
    World world;
    bring_up(world, 3);
    world.workloads.may_become_ready = [](const JsonObject& pod) {
        return image_of(pod) != "image-2";
    };
    change_image(world);
    REQUIRE(world.run_until([&world] {
        const JsonObject* pod = world.pod("vllm-2");
        return pod != nullptr && image_of(*pod) == "image-2";
    }));
    REQUIRE(world.settle());
    CHECK(image_of(*world.pod("vllm-1")) == "image-1");
    CHECK(world.condition("UpdateInProgress") == "True");
    CHECK(world.condition("Available") == "False");
    world.workloads.may_become_ready = [](const JsonObject&) { return true; };
    REQUIRE(world.run_until([&world] { return world.available() && all_on(world, "image-2"); }));
}

}  // namespace
}  // namespace lws::controller::testing
