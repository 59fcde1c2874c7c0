// SPDX-License-Identifier: Apache-2.0
#include "controller/controller.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "controller/testing/world.hpp"

namespace lws::controller::testing {
namespace {

struct Refusal {
    const char* name;
    FaultKind kind;
    int status;
    const char* reason;
};

TEST_CASE("the controller gets over an API server that refuses", "[world][controller]") {
    const auto refusal = GENERATE(values<Refusal>({
        {"500", FaultKind::answer, 500, "InternalError"},
        {"503", FaultKind::answer, 503, "ServiceUnavailable"},
        {"429", FaultKind::answer, 429, "TooManyRequests"},
        {"closed", FaultKind::close, 0, ""},
        {"lost", FaultKind::lose_answer, 0, ""},
    }));
    DYNAMIC_SECTION(refusal.name) {
        World world;
        // Each kind of request fails, and fails again.
        for (const auto* method : {"GET", "POST", "PATCH", "PUT"}) {
            Fault fault;
            fault.method = method;
            fault.kind = refusal.kind;
            fault.status = refusal.status;
            fault.reason = refusal.reason;
            fault.count = 2;
            world.server.add_fault(fault);
        }
        world.start_controller();
        world.add_set("vllm", spec_of(2, 2));
        REQUIRE(world.run_until([&world] { return world.available(); }));
        REQUIRE(world.settle());
        CHECK(world.cluster.names("pods").size() == 4);
        CHECK(world.cluster.names("controllerrevisions").size() == 1);
        CHECK(world.cluster.names("services").size() == 1);
    }
}

TEST_CASE("a request that hangs holds up its own pass only", "[world][controller]") {
    World world;
    Fault hang;
    hang.method = "POST";
    hang.target_part = "/namespaces/ml/controllerrevisions";
    hang.kind = FaultKind::hang;
    world.server.add_fault(hang);
    world.start_controller();
    world.add_set("stuck", spec_of(1, 1));
    REQUIRE(world.run_until([&world] {
        return world.server.count("POST", "/controllerrevisions") >= 1;
    }));
    world.add_set("vllm", spec_of(1, 2));
    REQUIRE(world.run_until([&world] { return world.available(); }));
    CHECK(world.stateful_set("stuck") == nullptr);
    world.server.drop_hung();
    REQUIRE(world.run_until([&world] { return world.pod("stuck-0") != nullptr; }));
}

TEST_CASE("a request that is never answered is given up and made again", "[world][controller]") {
    World world;
    world.start_controller();
    // Instead of the client's ten seconds.
    world.client->set_allowance([](const client::Request&) {
        return std::chrono::milliseconds(500);
    });
    for (const auto* method : {"POST", "PATCH", "PUT"}) {
        Fault hang;
        hang.method = method;
        hang.kind = FaultKind::hang;
        world.server.add_fault(hang);
    }
    world.add_set("vllm", spec_of(1, 2));
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());
    CHECK(world.cluster.names("pods") == std::vector<std::string>{"vllm-0", "vllm-0-1"});
}

TEST_CASE("stop() lets passes finish, and no request follows", "[world][controller]") {
    World world;
    world.start_controller();
    world.add_set("vllm", spec_of(3, 2));
    REQUIRE(world.run_until([&world] {
        return world.server.count("PATCH", "/statefulsets/vllm") >= 1;
    }));
    bool done = false;
    world.controller->stop([&done] { done = true; });
    REQUIRE(world.run_until([&done] { return done; }));
    const auto sizes = world.controller->sizes();
    CHECK(sizes.active_passes == 0);
    CHECK(sizes.events_waiting == 0);
    world.server.forget_requests();
    world.change_set([](JsonObject& set) { set_at(set, {"spec"}, "replicas", 1); });
    REQUIRE(world.settle());
    CHECK(world.server.requests().empty());
}

TEST_CASE("stop() before the first list is complete ends too", "[world][controller]") {
    World world;
    Fault hang;
    hang.method = "GET";
    hang.kind = FaultKind::hang;
    hang.count = 5;
    world.server.add_fault(hang);
    world.start_controller();
    REQUIRE(world.run_until([&world] { return world.server.requests().size() == 5; }));
    bool done = false;
    world.controller->stop([&done] { done = true; });
    // A list under way is let to its end; here the server drops it.
    world.server.drop_hung();
    REQUIRE(world.run_until([&done] { return done; }));
    CHECK(world.server.requests().size() == 5);
}

// A leader that lost its lease may have a request on its way. What the next leader did meanwhile
// makes the API server refuse it.
TEST_CASE("every write names the state that it was planned on", "[world][controller]") {
    World world;
    world.start_controller();
    world.add_set("vllm", spec_of(2, 2));
    REQUIRE(world.run_until([&world] { return world.available(); }));
    const std::string leader = world.pod_uid("vllm-0");
    world.workloads.restart_container("ml", "vllm-0-1");
    REQUIRE(world.run_until([&] { return world.pod_uid("vllm-0") != leader; }));
    world.change_set([](JsonObject& set) { set["spec"] = parse_json(spec_of(1, 2, "image-2")); });
    REQUIRE(world.run_until([&world] { return world.available(); }));
    REQUIRE(world.settle());

    std::map<std::string, int> writes;
    for (const RecordedRequest& request : world.server.requests()) {
        if (request.method == "GET" || request.id.resource == "events") continue;
        INFO(request.method << ' ' << request.target << ' ' << request.body);
        const JsonObject body = parse_body(request.body);
        const bool versioned = !text_at(body, {"metadata", "resourceVersion"}).empty();
        const int before = writes[request.method]++;
        if (request.method == "POST") {
            CHECK_FALSE(text_at(body, {"metadata", "name"}).empty());
            CHECK(find_at(body, {"metadata", "generateName"}) == nullptr);
        } else if (request.method == "DELETE") {
            CHECK_FALSE(text_at(body, {"preconditions", "uid"}).empty());
        } else if (request.method == "PATCH") {
            // The first makes the StatefulSet.
            CHECK(versioned == (before > 0));
            CHECK(text_at(body, {"metadata", "uid"}).empty() == (before == 0));
        } else {
            CHECK(versioned);
        }
    }
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
        INFO(method);
        CHECK(writes[method] >= 2);
    }
}

TEST_CASE("a standby asks for nothing until it leads, and is ready", "[world][controller]") {
    World world;
    world.add_set("vllm", spec_of(1, 2));
    client::ApiClient client(
        world.io.get_executor(), world.server.settings(), {}, make_null_logger()
    );
    Controller standby(client, {}, make_null_logger());
    REQUIRE(world.settle());
    CHECK(standby.ready());
    CHECK(world.server.requests().empty());
    standby.start();
    CHECK_FALSE(standby.ready());
    REQUIRE(world.run_until([&standby] { return standby.ready(); }));
    CHECK(standby.sizes().sets == 1);
    REQUIRE(world.run_until([&world] { return world.available(); }));
    bool done = false;
    standby.stop([&done] { done = true; });
    REQUIRE(world.run_until([&done] { return done; }));
    client.stop();
}

TEST_CASE("an object that cannot be read stops no other", "[world][controller]") {
    World world;
    world.start_controller();
    world.add_set("broken", "{'replicas':'many','leaderWorkerTemplate':[]}");
    world.add_set("vllm", spec_of(1, 1));
    REQUIRE(world.run_until([&world] { return world.available(); }));
    CHECK(world.stateful_set("broken") == nullptr);
}

}  // namespace
}  // namespace lws::controller::testing
