// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/watch_machine.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "pkg/lws/json/document.hpp"

using namespace lws;
using namespace lws::client;
using namespace std::chrono_literals;

namespace {

// A machine, its last step and what the sink would have seen, as one line of text.
class Script {
public:
    // Of a server that lists in pages.
    Script() : Script(false) {}
    explicit Script(bool streams) {
        state.streams = streams;
        send(watch_input::Start{});
    }

    void send(const WatchInput& input) {
        WatchStep next = step(state, input, BackoffLimits{1000ms, 8000ms}, 1.0);
        state = std::move(next.state);
        action = next.action;
        problem = next.problem;
        for (const auto& signal : next.signals) record(signal);
    }
    void page(const std::string& text) {
        const auto list = json::parse(text);
        REQUIRE(list.has_value());
        send(watch_input::Page{list->root()});
    }
    void event(WatchEventType type, const std::string& text) {
        const auto object = json::parse(text);
        REQUIRE(object.has_value());
        send(watch_input::Event{type, object->root()});
    }
    void fail_watch(ErrorCode code) { send(watch_input::WatchFailed{Error(code, "why")}); }
    void fail_list(ErrorCode code) { send(watch_input::ListFailed{Error(code, "why")}); }

    // Listed at version 10, watching.
    void reach_watching() {
        page(R"({"metadata":{"resourceVersion":"10"},"items":[]})");
        send(watch_input::Opened{});
        seen.clear();
    }

    WatchState state;
    WatchAction action;
    std::string problem;
    std::string seen;

private:
    void record(const WatchSignal& signal) {
        const auto name = std::string(signal.object["metadata"]["name"].string_or(""));
        switch (signal.kind) {
            case WatchSignalKind::init:
                seen += "init ";
                break;
            case WatchSignalKind::init_apply:
                seen += "+" + name + " ";
                break;
            case WatchSignalKind::init_done:
                seen += "done ";
                break;
            case WatchSignalKind::apply:
                seen += "apply:" + name + " ";
                break;
            case WatchSignalKind::deleted:
                seen += "deleted:" + name + " ";
                break;
        }
    }
};

constexpr auto kPageOne =
    R"({"metadata":{"resourceVersion":"9","continue":"t1"},"items":[{"metadata":{"name":"a"}}]})";
constexpr auto kPageTwo =
    R"({"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"b"}}]})";
constexpr auto kObject = R"({"metadata":{"name":"a","resourceVersion":"11"}})";
constexpr auto kGone = R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})";

}  // namespace

TEST_CASE("a paged list is one init and then a watch from its version", "[client][watch_machine]") {
    Script s;
    CHECK(s.action.kind == WatchActionKind::list);
    CHECK(s.state.continue_token.empty());
    s.page(kPageOne);
    CHECK(s.action.kind == WatchActionKind::list);
    CHECK(s.state.continue_token == "t1");
    s.page(kPageTwo);
    CHECK(s.seen == "init +a +b done ");
    CHECK(s.action.kind == WatchActionKind::open);
    CHECK(s.state.resource_version == "9");
    s.send(watch_input::Opened{});
    CHECK(s.action.kind == WatchActionKind::read);
}

TEST_CASE("a list of nothing may have null items", "[client][watch_machine]") {
    Script s;
    s.page(R"({"metadata":{"resourceVersion":"3"},"items":null})");
    CHECK(s.seen == "init done ");
    CHECK(s.state.resource_version == "3");
}

TEST_CASE("a page that is no list waits and lists again", "[client][watch_machine]") {
    const std::string text = GENERATE(
        as<std::string>{},
        "null",
        "7",
        "{}",
        R"({"metadata":{},"items":[]})",
        R"({"metadata":{"resourceVersion":5},"items":[]})",
        R"({"metadata":{"resourceVersion":"5"},"items":{}})"
    );
    DYNAMIC_SECTION(text) {
        Script s;
        s.page(text);
        CHECK(s.seen.empty());
        CHECK(s.action.kind == WatchActionKind::wait);
        CHECK_FALSE(s.problem.empty());
        s.send(watch_input::TimerFired{});
        CHECK(s.action.kind == WatchActionKind::list);
    }
}

TEST_CASE("events become signals and move the version", "[client][watch_machine]") {
    Script s;
    s.reach_watching();
    s.event(WatchEventType::added, kObject);
    CHECK(s.state.resource_version == "11");
    s.event(WatchEventType::modified, R"({"metadata":{"name":"a","resourceVersion":"12"}})");
    s.event(WatchEventType::deleted, R"({"metadata":{"name":"a","resourceVersion":"13"}})");
    CHECK(s.seen == "apply:a apply:a deleted:a ");
    CHECK(s.state.resource_version == "13");
    CHECK(s.action.kind == WatchActionKind::read);
}

TEST_CASE("a bookmark moves the version and tells nobody", "[client][watch_machine]") {
    Script s;
    s.reach_watching();
    s.event(WatchEventType::bookmark, R"({"metadata":{"resourceVersion":"99"}})");
    CHECK(s.seen.empty());
    CHECK(s.state.resource_version == "99");
    s.send(watch_input::Ended{290s});
    CHECK(s.action.kind == WatchActionKind::open);
    CHECK(s.state.resource_version == "99");
}

TEST_CASE(
    "a broken watch resumes from the last version with growing waits", "[client][watch_machine]"
) {
    Script s;
    s.reach_watching();
    s.event(WatchEventType::added, kObject);
    s.seen.clear();
    for (const auto expected : {1000ms, 2000ms, 4000ms, 8000ms, 8000ms}) {
        s.fail_watch(ErrorCode::unavailable);
        CHECK(s.action.kind == WatchActionKind::wait);
        CHECK(s.action.delay == expected);
        s.send(watch_input::TimerFired{});
        CHECK(s.action.kind == WatchActionKind::open);
        CHECK(s.state.resource_version == "11");
    }
    CHECK(s.seen.empty());
    s.send(watch_input::Opened{});
    s.event(WatchEventType::modified, R"({"metadata":{"name":"a","resourceVersion":"12"}})");
    s.fail_watch(ErrorCode::unavailable);
    CHECK(s.action.delay == 1000ms);
}

TEST_CASE("410 lists again at once, whichever way it comes", "[client][watch_machine]") {
    const std::string way = GENERATE("status", "event with code", "event with reason");
    DYNAMIC_SECTION(way) {
        Script s;
        s.reach_watching();
        if (way == "status") s.fail_watch(ErrorCode::gone);
        if (way == "event with code") s.event(WatchEventType::error, kGone);
        if (way == "event with reason") {
            s.event(WatchEventType::error, R"({"kind":"Status","reason":"Expired"})");
        }
        CHECK(s.action.kind == WatchActionKind::list);
        CHECK(s.state.continue_token.empty());
        CHECK(s.problem.empty());
        s.page(kPageTwo);
        CHECK(s.seen == "init +b done ");
        CHECK(s.state.resource_version == "9");
    }
}

TEST_CASE("410 without end does not list without pause", "[client][watch_machine]") {
    Script s;
    s.reach_watching();
    s.event(WatchEventType::error, kGone);
    s.page(kPageTwo);
    s.fail_watch(ErrorCode::gone);
    CHECK(s.action.kind == WatchActionKind::wait);
    s.send(watch_input::TimerFired{});
    CHECK(s.action.kind == WatchActionKind::list);
}

TEST_CASE(
    "an expired continue token starts the list from its first page", "[client][watch_machine]"
) {
    Script s;
    s.page(kPageOne);
    s.fail_list(ErrorCode::gone);
    CHECK(s.action.kind == WatchActionKind::list);
    CHECK(s.state.continue_token.empty());
    s.page(kPageTwo);
    CHECK(s.seen == "init +a init +b done ");
}

TEST_CASE("a failed list waits, longer each time, and never gives up", "[client][watch_machine]") {
    Script s;
    for (const auto expected : {1000ms, 2000ms, 4000ms, 8000ms, 8000ms}) {
        s.fail_list(ErrorCode::unavailable);
        CHECK(s.problem == "why");
        CHECK(s.action.kind == WatchActionKind::wait);
        CHECK(s.action.delay == expected);
        s.send(watch_input::TimerFired{});
        CHECK(s.action.kind == WatchActionKind::list);
    }
}

TEST_CASE("a failure amid a paged list starts it over", "[client][watch_machine]") {
    Script s;
    s.page(kPageOne);
    s.fail_list(ErrorCode::timeout);
    s.send(watch_input::TimerFired{});
    CHECK(s.state.continue_token.empty());
    s.page(kPageTwo);
    CHECK(s.seen == "init +a init +b done ");
}

TEST_CASE("bytes that make no sense are not asked for again", "[client][watch_machine]") {
    const auto code = GENERATE(ErrorCode::invalid_input, ErrorCode::too_large, ErrorCode::internal);
    Script s;
    s.reach_watching();
    s.fail_watch(code);
    CHECK(s.action.kind == WatchActionKind::wait);
    s.send(watch_input::TimerFired{});
    CHECK(s.action.kind == WatchActionKind::list);
}

TEST_CASE("an event without a version lists again", "[client][watch_machine]") {
    Script s;
    s.reach_watching();
    s.event(WatchEventType::added, R"({"metadata":{"name":"a"}})");
    CHECK(s.seen.empty());
    CHECK_FALSE(s.problem.empty());
    s.send(watch_input::TimerFired{});
    CHECK(s.action.kind == WatchActionKind::list);
}

TEST_CASE(
    "an error event that is not 410 reopens the watch after a wait", "[client][watch_machine]"
) {
    Script s;
    s.reach_watching();
    s.event(WatchEventType::error, R"({"kind":"Status","code":500,"message":"etcd"})");
    CHECK(s.problem == "watch: etcd");
    CHECK(s.action.kind == WatchActionKind::wait);
    s.send(watch_input::TimerFired{});
    CHECK(s.action.kind == WatchActionKind::open);
    CHECK(s.state.resource_version == "10");
}

TEST_CASE("a watch that ended in good order is opened again at once", "[client][watch_machine]") {
    Script s;
    s.reach_watching();
    s.send(watch_input::Ended{kShortWatch});
    CHECK(s.action.kind == WatchActionKind::open);
}

TEST_CASE("a very short watch waits before the next", "[client][watch_machine]") {
    Script s;
    s.reach_watching();
    for (const auto expected : {1000ms, 2000ms}) {
        s.send(watch_input::Ended{0ms});
        CHECK(s.action.kind == WatchActionKind::wait);
        CHECK(s.action.delay == expected);
        s.send(watch_input::TimerFired{});
        s.send(watch_input::Opened{});
    }
}

namespace {

constexpr auto kEnd =
    R"({"metadata":{"resourceVersion":"30","annotations":{"k8s.io/initial-events-end":"true"}}})";

std::string named(const std::string& name, int version) {
    return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" +
           std::to_string(version) + R"("}})";
}

}  // namespace

TEST_CASE(
    "a list as events ends with its bookmark and goes on as a watch", "[client][watch_machine]"
) {
    Script s(true);
    CHECK(s.action.kind == WatchActionKind::open);
    CHECK(s.state.resource_version.empty());
    s.send(watch_input::Opened{});
    CHECK(s.action.kind == WatchActionKind::read);
    s.event(WatchEventType::added, named("a", 20));
    s.event(WatchEventType::added, named("b", 5));
    s.event(WatchEventType::bookmark, R"({"metadata":{"resourceVersion":"25"}})");
    CHECK(s.seen == "init +a +b ");
    CHECK(s.state.resource_version.empty());
    s.event(WatchEventType::bookmark, kEnd);
    CHECK(s.seen == "init +a +b done ");
    CHECK(s.state.resource_version == "30");
    CHECK(s.action.kind == WatchActionKind::read);
    s.event(WatchEventType::modified, named("a", 31));
    CHECK(s.seen == "init +a +b done apply:a ");
    s.fail_watch(ErrorCode::unavailable);
    s.send(watch_input::TimerFired{});
    CHECK(s.action.kind == WatchActionKind::open);
    CHECK(s.state.resource_version == "31");
}

TEST_CASE("changes amid a list as events belong to the list", "[client][watch_machine]") {
    Script s(true);
    s.send(watch_input::Opened{});
    s.event(WatchEventType::added, named("a", 20));
    s.event(WatchEventType::modified, named("a", 21));
    s.event(WatchEventType::deleted, named("a", 22));
    s.event(WatchEventType::bookmark, kEnd);
    CHECK(s.seen == "init +a +a deleted:a done ");
}

TEST_CASE(
    "a server that refuses lists as events is asked for pages for ever", "[client][watch_machine]"
) {
    const auto code = GENERATE(ErrorCode::invalid_input, ErrorCode::unprocessable);
    Script s(true);
    s.fail_watch(code);
    CHECK(s.action.kind == WatchActionKind::list);
    CHECK(s.problem.empty());
    s.page(kPageTwo);
    s.send(watch_input::Opened{});
    s.fail_watch(ErrorCode::gone);
    CHECK(s.action.kind == WatchActionKind::list);
    CHECK(s.seen == "init +b done ");
}

TEST_CASE("a server out of reach is asked for events again", "[client][watch_machine]") {
    const auto code =
        GENERATE(ErrorCode::unavailable, ErrorCode::timeout, ErrorCode::too_many_requests);
    Script s(true);
    for (const auto expected : {1000ms, 2000ms}) {
        s.fail_watch(code);
        CHECK(s.problem == "why");
        CHECK(s.action.kind == WatchActionKind::wait);
        CHECK(s.action.delay == expected);
        s.send(watch_input::TimerFired{});
        CHECK(s.action.kind == WatchActionKind::open);
        CHECK(s.state.resource_version.empty());
    }
}

TEST_CASE(
    "a list as events that breaks is followed by pages, the next by events",
    "[client][watch_machine]"
) {
    const std::string way = GENERATE("broken", "ended", "silent", "senseless", "error event");
    DYNAMIC_SECTION(way) {
        Script s(true);
        s.send(watch_input::Opened{});
        s.event(WatchEventType::added, named("a", 20));
        if (way == "broken") s.fail_watch(ErrorCode::unavailable);
        if (way == "ended") s.send(watch_input::Ended{290s});
        if (way == "silent") s.fail_watch(ErrorCode::timeout);
        if (way == "senseless") s.fail_watch(ErrorCode::invalid_input);
        if (way == "error event") {
            s.event(WatchEventType::error, R"({"kind":"Status","code":500,"message":"etcd"})");
        }
        CHECK_FALSE(s.problem.empty());
        CHECK(s.action.kind == WatchActionKind::wait);
        s.send(watch_input::TimerFired{});
        CHECK(s.action.kind == WatchActionKind::list);
        s.page(kPageTwo);
        CHECK(s.seen == "init +a init +b done ");
        s.send(watch_input::Opened{});
        s.event(WatchEventType::added, named("c", 31));
        s.fail_watch(ErrorCode::gone);
        CHECK(s.action.kind == WatchActionKind::open);
        CHECK(s.state.resource_version.empty());
    }
}

TEST_CASE("410 amid a list as events begins it anew", "[client][watch_machine]") {
    Script s(true);
    s.send(watch_input::Opened{});
    s.event(WatchEventType::added, named("a", 20));
    s.event(WatchEventType::error, kGone);
    CHECK(s.action.kind == WatchActionKind::open);
    s.send(watch_input::Opened{});
    s.event(WatchEventType::bookmark, kEnd);
    CHECK(s.seen == "init +a init done ");
    // Again without progress: not without a pause.
    s.event(WatchEventType::error, kGone);
    CHECK(s.action.kind == WatchActionKind::wait);
}

TEST_CASE("an input that does not fit the phase changes nothing", "[client][watch_machine]") {
    Script s;
    s.reach_watching();
    s.page(kPageTwo);
    s.send(watch_input::TimerFired{});
    s.send(watch_input::Start{});
    s.send(watch_input::Opened{});
    s.fail_list(ErrorCode::internal);
    CHECK(s.seen.empty());
    CHECK(s.state.phase == WatchPhase::watching);
    CHECK(s.action.kind == WatchActionKind::read);
    CHECK(s.state.resource_version == "10");
}
