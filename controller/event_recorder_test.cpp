// SPDX-License-Identifier: Apache-2.0
#include "controller/event_recorder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <string>

#include "controller/testing/world.hpp"

namespace lws::controller::testing {
namespace {

rules::Event make_event(const std::string& note) {
    rules::Event event;
    event.reason = "GroupsProgressing";
    event.action = "Create";
    event.note = note;
    event.regarding.kind = "LeaderWorkerSet";
    event.regarding.api_version = "leaderworkerset.x-k8s.io/v1";
    event.regarding.namespace_ = "ml";
    event.regarding.name = "vllm";
    event.regarding.uid = "set-uid";
    return event;
}

// A recorder at work beside a fake API server, without a controller.
struct Recording {
    Recording() {
        boost::asio::co_spawn(world.io, recorder.run(), [this](const std::exception_ptr& error) {
            failed = error != nullptr;
            ended = true;
        });
    }
    ~Recording() {
        client.stop();
        recorder.stop();
        CHECK(world.run_until([this] { return ended; }));
        CHECK_FALSE(failed);
    }
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    std::size_t sent(const char* method) const { return world.server.count(method, "/events"); }

    World world;
    client::ApiClient client{
        world.io.get_executor(), world.server.settings(), {}, make_null_logger()
    };
    EventRecorder recorder{client, "leaderworkerset-test", make_null_logger()};
    bool ended = false;
    bool failed = false;
};

TEST_CASE("a repeated event becomes a series by one patch", "[world][events]") {
    Recording recording;
    World& world = recording.world;
    for (int i = 0; i < 5; ++i) recording.recorder.record(make_event("again"));
    REQUIRE(world.run_until([&] { return recording.sent("PATCH") == 1; }));
    REQUIRE(world.settle());
    CHECK(recording.sent("POST") == 1);
    CHECK(recording.sent("PATCH") == 1);
    const auto events = world.cluster.all("events");
    REQUIRE(events.size() == 1);
    CHECK(number_at(events.front(), {"series", "count"}) == 2);
    CHECK(text_at(events.front(), {"reportingController"}) == "leaderworkerset");
    CHECK(text_at(events.front(), {"reportingInstance"}) == "leaderworkerset-test");
    CHECK(text_at(events.front(), {"regarding", "uid"}) == "set-uid");
}

TEST_CASE("an event that the API server refuses is dropped and the next sent", "[world][events]") {
    const int status = GENERATE(403, 404, 409, 422, 500);
    Recording recording;
    Fault fault;
    fault.method = "POST";
    fault.status = status;
    fault.reason = status == 409 ? "AlreadyExists" : "Refused";
    recording.world.server.add_fault(fault);
    recording.recorder.record(make_event("first"));
    recording.recorder.record(make_event("second"));
    const auto notes = [&] { return recording.world.notes("GroupsProgressing"); };
    REQUIRE(recording.world.run_until([&] {
        const auto now = notes();
        return !now.empty() && now.back() == "second";
    }));
    // The server's own trouble passes; its other answers would be the same again.
    CHECK(notes().size() == (status == 500 ? 2 : 1));
    CHECK(recording.recorder.waiting() == 0);
}

TEST_CASE("a patch of an event that has expired is dropped", "[world][events]") {
    Recording recording;
    World& world = recording.world;
    recording.recorder.record(make_event("again"));
    REQUIRE(world.run_until([&] { return world.cluster.all("events").size() == 1; }));
    const JsonObject event = world.cluster.all("events").front();
    world.cluster.remove_now({"events", "ml", text_at(event, {"metadata", "name"})});
    recording.recorder.record(make_event("again"));
    REQUIRE(world.run_until([&] { return recording.sent("PATCH") == 1; }));
    REQUIRE(world.settle());
    CHECK(world.cluster.all("events").empty());
    CHECK(recording.sent("PATCH") == 1);
}

TEST_CASE("events wait for an API server that is away, a bounded number", "[world][events]") {
    Recording recording;
    World& world = recording.world;
    world.server.close();
    constexpr std::size_t kTooMany = 50;
    for (std::size_t i = 0; i < EventRecorder::kMaxWaiting + kTooMany; ++i) {
        recording.recorder.record(make_event("number " + std::to_string(i)));
    }
    CHECK(recording.recorder.waiting() == EventRecorder::kMaxWaiting);
    REQUIRE(world.settle());
    world.server.listen();
    REQUIRE(world.run_until([&] { return recording.sent("POST") >= 10; }));
    // In order, and the oldest are the ones that went.
    const std::string& body = world.server.requests().front().body;
    CHECK(body.find("\"number 50\"") != std::string::npos);
}

TEST_CASE("new events do not hurry an API server that is away", "[world][events]") {
    Recording recording;
    World& world = recording.world;
    Fault fault;
    fault.method = "POST";
    fault.count = 1000;
    world.server.add_fault(fault);
    for (int i = 0; i < 10; ++i) {
        recording.recorder.record(make_event("number " + std::to_string(i)));
        REQUIRE(world.settle());
    }
    CHECK(recording.sent("POST") == 1);
    CHECK(recording.recorder.waiting() == 10);
}

TEST_CASE("stop() sends what waits once more and ends", "[world][events]") {
    Recording recording;
    World& world = recording.world;
    recording.recorder.record(make_event("last words"));
    recording.recorder.stop();
    REQUIRE(world.run_until([&] { return recording.ended; }));
    CHECK(world.notes("GroupsProgressing") == std::vector<std::string>{"last words"});
}

TEST_CASE("stop() does not wait for an API server that is away", "[world][events]") {
    Recording recording;
    World& world = recording.world;
    world.server.close();
    recording.recorder.record(make_event("unheard"));
    recording.recorder.stop();
    REQUIRE(world.run_until([&] { return recording.ended; }, std::chrono::seconds(5)));
    CHECK(recording.recorder.waiting() == 0);
}

}  // namespace
}  // namespace lws::controller::testing
