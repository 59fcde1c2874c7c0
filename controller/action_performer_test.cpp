// SPDX-License-Identifier: Apache-2.0
#include "controller/action_performer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <optional>
#include <string>

#include "controller/testing/world.hpp"

namespace lws::controller::testing {
namespace {

using rules::ActionKind;

rules::Action make_action(ActionKind kind, const std::string& name, const std::string& body) {
    rules::Action action;
    action.kind = kind;
    action.key = {"ml", name};
    action.body = body;
    return action;
}

struct Route {
    ActionKind kind;
    client::Verb verb;
    const char* target;
};

TEST_CASE("each action is one request", "[actions]") {
    const auto route = GENERATE(values<Route>({
        {ActionKind::look_up_leader_stateful_set,
         client::Verb::get,
         "/apis/apps/v1/namespaces/ml/statefulsets/vllm"},
        {ActionKind::create_revision,
         client::Verb::post,
         "/apis/apps/v1/namespaces/ml/controllerrevisions?fieldManager=lws"},
        {ActionKind::apply_leader_stateful_set,
         client::Verb::patch,
         "/apis/apps/v1/namespaces/ml/statefulsets/vllm?fieldManager=lws&force=true"},
        {ActionKind::create_service,
         client::Verb::post,
         "/api/v1/namespaces/ml/services?fieldManager=lws"},
        {ActionKind::update_set_status,
         client::Verb::put,
         "/apis/leaderworkerset.x-k8s.io/v1/namespaces/ml/leaderworkersets/vllm/status"
         "?fieldManager=lws"},
        {ActionKind::delete_revision,
         client::Verb::remove,
         "/apis/apps/v1/namespaces/ml/controllerrevisions/vllm"},
        {ActionKind::create_worker_stateful_set,
         client::Verb::post,
         "/apis/apps/v1/namespaces/ml/statefulsets?fieldManager=lws"},
        {ActionKind::create_pod_group,
         client::Verb::post,
         "/apis/scheduling.volcano.sh/v1beta1/namespaces/ml/podgroups?fieldManager=lws"},
        {ActionKind::delete_leader_pod, client::Verb::remove, "/api/v1/namespaces/ml/pods/vllm"},
    }));
    DYNAMIC_SECTION(rules::to_text(route.kind)) {
        const auto request = to_request(make_action(route.kind, "vllm", "{\"a\":1}"));
        CHECK(request.verb == route.verb);
        CHECK(request.target == route.target);
        const bool reads = route.verb == client::Verb::get;
        const bool removes = route.verb == client::Verb::remove;
        if (!removes) CHECK(request.body == (reads ? "" : "{\"a\":1}"));
        CHECK(request.content_type.empty() == reads);
    }
}

TEST_CASE("a deletion names the UID and who waits for whom", "[actions]") {
    const auto [kind, policy] = GENERATE(values<std::pair<ActionKind, const char*>>({
        // The leader stays until its workers are gone, so that no new group meets the old one.
        {ActionKind::delete_leader_pod, "Foreground"},
        {ActionKind::delete_revision, "Background"},
    }));
    rules::Action action = make_action(kind, "vllm-0", "");
    action.uid = "u-1";
    CHECK(
        to_request(action).body ==
        R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":")" + std::string(policy) +
            R"(","preconditions":{"uid":"u-1"}})"
    );
}

// A performer beside a fake API server, with nobody watching: the state holds only answers.
struct Performing {
    ~Performing() {
        client.stop();
        world.io.restart();
        world.io.poll();
    }
    Performing() = default;
    Performing(const Performing&) = delete;
    Performing& operator=(const Performing&) = delete;

    Result<json::Document> perform(rules::Action action) {
        std::optional<Result<json::Document>> answer;
        boost::asio::co_spawn(
            world.io,
            performer.perform(std::move(action)),
            [&answer](const std::exception_ptr& error, Result<json::Document> result) {
                if (!error) answer = std::move(result);
            }
        );
        REQUIRE(world.run_until([&answer] { return answer.has_value(); }));
        return std::move(*answer);
    }

    World world;
    client::ApiClient client{
        world.io.get_executor(), world.server.settings(), {}, make_null_logger()
    };
    ClusterState state{[](const QueueKey&) {}, make_null_logger()};
    EventRecorder recorder{client, "leaderworkerset-test", make_null_logger()};
    ActionPerformer performer{client, state, recorder, make_null_logger()};
};

rules::Action service_action() {
    return make_action(
        ActionKind::create_service,
        "vllm",
        "{\"metadata\":{\"name\":\"vllm\",\"namespace\":\"ml\"},\"spec\":{}}"
    );
}

TEST_CASE("the answer to a write is in the state at once", "[world][actions]") {
    Performing performing;
    REQUIRE(performing.perform(service_action()).has_value());
    const auto made = performing.state.services.find({"ml", "vllm"});
    REQUIRE(made != nullptr);
    CHECK(made->uid == uid_of(*performing.world.cluster.find({"services", "ml", "vllm"})));
}

TEST_CASE("deleting what is gone is done already", "[world][actions]") {
    Performing performing;
    const ActionKind kind = GENERATE(ActionKind::delete_leader_pod, ActionKind::delete_revision);
    CHECK(performing.perform(make_action(kind, "vllm-0", "")).has_value());
    CHECK(performing.recorder.waiting() == 0);
}

TEST_CASE("a leader under another UID is not deleted", "[world][actions]") {
    Performing performing;
    JsonObject pod = parse_object("{'metadata':{'name':'vllm-0'}}");
    REQUIRE(performing.world.cluster.create("pods", "ml", std::move(pod)).status == 201);
    rules::Action action = make_action(ActionKind::delete_leader_pod, "vllm-0", "");
    action.uid = "another";
    const auto answer = performing.perform(std::move(action));
    REQUIRE(answer.has_error());
    CHECK(answer.error().code == ErrorCode::conflict);
    CHECK_FALSE(is_deleting(*performing.world.pod("vllm-0")));
}

TEST_CASE("a leader that ends gracefully is seen leaving at once", "[world][actions]") {
    Performing performing;
    performing.world.workloads.may_end = [](const JsonObject&) { return false; };
    JsonObject pod = parse_object(
        "{'metadata':{'name':'vllm-0','labels':{'leaderworkerset.sigs.k8s.io/name':'vllm'}}}"
    );
    REQUIRE(performing.world.cluster.create("pods", "ml", std::move(pod)).status == 201);
    REQUIRE(performing.perform(make_action(ActionKind::delete_leader_pod, "vllm-0", "")).has_value()
    );
    const auto seen = performing.state.pods.find({"ml", "vllm-0"});
    REQUIRE(seen != nullptr);
    CHECK(seen->is_deleting());
}

struct Failure {
    int status;
    const char* reason;
    bool is_told;
};

TEST_CASE("a refusal is told by an event, a race with another writer is not", "[world][actions]") {
    const auto failure = GENERATE(values<Failure>({
        {422, "Invalid", true},
        {403, "Forbidden", true},
        {409, "Conflict", false},
        {409, "AlreadyExists", false},
    }));
    DYNAMIC_SECTION(failure.status << ' ' << failure.reason) {
        Performing performing;
        Fault fault;
        fault.status = failure.status;
        fault.reason = failure.reason;
        performing.world.server.add_fault(fault);
        rules::Action action = service_action();
        action.on_failure.emplace();
        action.on_failure->reason = "FailedCreate";
        action.on_failure->note = std::string("no: ") + std::string(rules::kErrorPlaceholder);
        CHECK(performing.perform(std::move(action)).has_error());
        CHECK(performing.recorder.waiting() == (failure.is_told ? 1 : 0));
    }
}

}  // namespace
}  // namespace lws::controller::testing
