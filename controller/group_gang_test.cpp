// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "controller/testing/world.hpp"
#include "pkg/lws/api/labels.hpp"

namespace lws::controller::testing {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kName = "vllm-0-x";

// A set of one group whose pods name a PodGroup, as the webhook leaves them.
void add_ganged_set(World& world) {
    world.controller_options.groups.gang = rules::GangScheduling::volcano;
    world.add_set("vllm", spec_of(1, 2));
    world.change_set([](JsonObject& set) {
        set_at(
            set,
            {"spec", "leaderWorkerTemplate", "workerTemplate", "metadata", "annotations"},
            api::kPodGroupNameAnnotation,
            kName
        );
    });
}

const JsonObject* pod_group(const World& world) {
    return world.cluster.find({"podgroups", "ml", kName});
}

TEST_CASE("a group has a PodGroup of its own leader, and a new one after it", "[world][gang]") {
    World world;
    add_ganged_set(world);
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    REQUIRE(pod_group(world) != nullptr);
    const std::string first = world.pod_uid("vllm-0");
    CHECK(controller_uid_of(*pod_group(world)) == first);

    SECTION("after a failure") {
        world.workloads.restart_container("ml", "vllm-0-1");
    }
    SECTION("after a deletion that leaves its objects to a late garbage collection") {
        (void)world.cluster.remove({"pods", "ml", "vllm-0"});
    }
    REQUIRE(world.run_until([&] {
        return world.pod_uid("vllm-0") != first && pod_group(world) != nullptr &&
               controller_uid_of(*pod_group(world)) == world.pod_uid("vllm-0") && world.available();
    }));
    REQUIRE(world.settle());
    CHECK(world.server.count("POST", "/podgroups") == 2);
}

TEST_CASE("a new process makes no PodGroup again", "[world][gang]") {
    World world;
    add_ganged_set(world);
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    world.kill_controller();
    world.server.forget_requests();
    world.start_controller();
    REQUIRE(world.settle());
    CHECK(world.server.count("POST", "/podgroups") == 0);
    CHECK(world.server.count("POST", "/statefulsets") == 0);
}

TEST_CASE("a PodGroup whose creation was answered too late is found", "[world][gang]") {
    World world;
    add_ganged_set(world);
    Fault lost;
    lost.method = "POST";
    lost.target_part = "/podgroups";
    lost.kind = FaultKind::lose_answer;
    world.server.add_fault(lost);
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("podgroups") == Texts{kName});
    CHECK(world.stateful_set("vllm-0") != nullptr);
}

TEST_CASE("a PodGroup without our label is found by name and told", "[world][gang]") {
    World world;
    add_ganged_set(world);
    JsonObject theirs = parse_object("{'metadata':{'name':'vllm-0-x'}}");
    REQUIRE(world.cluster.create("podgroups", "ml", std::move(theirs)).status == 201);
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.available(); }));
    CHECK(
        world.notes("FailedCreate") ==
        Texts{"Failed to create PodGroup for leader pod vllm-0: PodGroup ml/vllm-0-x already "
              "exists without a controller"}
    );
}

TEST_CASE("a PodGroup that cannot be made is told and holds the workers", "[world][gang]") {
    World world;
    add_ganged_set(world);
    Fault refused;
    refused.method = "POST";
    refused.target_part = "/podgroups";
    refused.status = 403;
    refused.reason = "Forbidden";
    refused.count = 1000;
    world.server.add_fault(refused);
    world.start_controller();
    REQUIRE(world.run_until([&world] { return !world.notes("FailedCreate").empty(); }));
    CHECK(world.stateful_set("vllm-0") == nullptr);
    CHECK_THAT(
        world.notes("FailedCreate").front(),
        Catch::StartsWith("Failed to create PodGroup for leader pod vllm-0: ")
    );
    world.server.clear_faults();
    REQUIRE(world.run_until([&world] { return world.available(); }));
}

TEST_CASE("without Volcano's API other sets' pods are restarted all the same", "[world][gang]") {
    World world;
    Fault missing;
    missing.method = "GET";
    missing.target_part = "/podgroups";
    missing.status = 404;
    missing.reason = "NotFound";
    missing.count = 1000;
    world.server.add_fault(missing);
    world.controller_options.groups.gang = rules::GangScheduling::volcano;
    world.add_set("vllm", spec_of(1, 2));  // its pods are older than the setting
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.available(); }));
    const std::string first = world.pod_uid("vllm-0");
    world.workloads.restart_container("ml", "vllm-0-1");
    REQUIRE(world.run_until([&] { return world.pod_uid("vllm-0") != first && world.available(); }));
    CHECK(world.server.count("POST", "/podgroups") == 0);
}

}  // namespace
}  // namespace lws::controller::testing
