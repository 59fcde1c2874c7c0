// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/event.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/event_series.hpp"

using namespace lws;
using namespace lws::rules;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const MicroTime kNow{std::chrono::microseconds{1767323045000007}};

Event sample(std::string note = "Created leader statefulset vllm") {
    Event event;
    event.reason = "GroupsProgressing";
    event.action = "Create";
    event.note = std::move(note);
    event.regarding = {
        "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "ml", "vllm", "set-uid", "100"
    };
    event.related = k8s::ObjectReference{"v1", "Pod", "ml", "vllm-0", "pod-uid", ""};
    return event;
}

}  // namespace

TEST_CASE("an event is written as events.k8s.io/v1", "[groups][event]") {
    CHECK(
        make_event_body(sample(), "vllm.18a", "leaderworkerset-host", kNow) ==
        R"({"apiVersion":"events.k8s.io/v1","kind":"Event",)"
        R"("metadata":{"name":"vllm.18a","namespace":"ml"},)"
        R"("eventTime":"2026-01-02T03:04:05.000007Z","reportingController":"leaderworkerset",)"
        R"("reportingInstance":"leaderworkerset-host","action":"Create",)"
        R"("reason":"GroupsProgressing","regarding":{"apiVersion":"leaderworkerset.x-k8s.io/v1",)"
        R"("kind":"LeaderWorkerSet","namespace":"ml","name":"vllm","uid":"set-uid",)"
        R"("resourceVersion":"100"},"related":{"apiVersion":"v1","kind":"Pod","namespace":"ml",)"
        R"("name":"vllm-0","uid":"pod-uid"},"note":"Created leader statefulset vllm",)"
        R"("type":"Normal"})"
    );
}

TEST_CASE("a note is cut at 1024 bytes between characters", "[groups][event]") {
    CHECK(cut_note(std::string(1024, 'a')).size() == 1024);
    CHECK(cut_note(std::string(1025, 'a')).size() == 1024);
    // Two, three and four bytes across the limit.
    CHECK(cut_note(std::string(1023, 'a') + "\xC3\xA9").size() == 1023);
    CHECK(cut_note(std::string(1022, 'a') + "\xE2\x89\xA5").size() == 1022);
    CHECK(cut_note(std::string(1021, 'a') + "\xF0\x9F\x98\x80").size() == 1021);
    CHECK(cut_note(std::string(1022, 'a') + "\xC3\xA9" + "b").size() == 1024);
    const Event event = sample(std::string(3000, 'x'));
    const auto body = json::parse(make_event_body(event, "n", "i", kNow)).value();
    CHECK(body.root()["note"].string()->size() == 1024);
}

TEST_CASE("an error takes its place in the note", "[groups][event]") {
    Event event = sample("Failed to create x: " + std::string(kErrorPlaceholder));
    CHECK(with_error(event, "no room").note == "Failed to create x: no room");
    CHECK(with_error(sample("fixed"), "no room").note == "fixed");
}

TEST_CASE("event names are unique and valid", "[groups][event]") {
    Event event = sample();
    CHECK(event_name(event, kNow, 0) == "vllm.1886caf21c964d58");
    CHECK(event_name(event, kNow, 0) != event_name(event, kNow, 1));
    event.regarding.name = std::string(253, 'a');
    CHECK(event_name(event, kNow, 0).size() == 253);
}

TEST_CASE("repeats of an event become one series", "[groups][event]") {
    EventSeries series("leaderworkerset-host");
    const auto first = series.record(sample(), kNow);
    REQUIRE(first.size() == 1);
    CHECK(first[0].kind == EventRequestKind::create);
    CHECK(first[0].namespace_ == "ml");

    const auto second = series.record(sample(), kNow + seconds(1));
    REQUIRE(second.size() == 1);
    CHECK(second[0].kind == EventRequestKind::patch);
    CHECK(second[0].name == first[0].name);
    CHECK(
        second[0].body ==
        R"({"series":{"count":2,"lastObservedTime":"2026-01-02T03:04:06.000007Z"}})"
    );

    CHECK(series.record(sample(), kNow + seconds(2)).empty());
    CHECK(series.flush(kNow + minutes(1)).empty());
    const auto flushed = series.flush(kNow + minutes(7));
    REQUIRE(flushed.size() == 1);
    CHECK(
        flushed[0].body ==
        R"({"series":{"count":3,"lastObservedTime":"2026-01-02T03:04:07.000007Z"}})"
    );
    CHECK(series.flush(kNow + minutes(8)).empty());

    const auto later = series.record(sample(), kNow + minutes(11));
    CHECK(later.empty());
    CHECK(series.record(sample(), kNow + minutes(14)).size() == 1);
}

TEST_CASE("another note, or a long pause, begins another event", "[groups][event]") {
    EventSeries series("leaderworkerset-host");
    const auto first = series.record(sample("a"), kNow);
    CHECK(series.record(sample("b"), kNow)[0].kind == EventRequestKind::create);
    const auto again = series.record(sample("a"), kNow + minutes(13));
    REQUIRE(again.size() == 1);
    CHECK(again[0].kind == EventRequestKind::create);
    CHECK(again[0].name != first[0].name);
    CHECK(series.flush(kNow + minutes(60)).empty());
    CHECK(series.remembered() == 0);
}

TEST_CASE("a flood of different events stays within bounds", "[groups][event]") {
    EventSeries series("leaderworkerset-host");
    for (int i = 0; i < 20000; ++i) {
        const auto now = kNow + seconds(i / 100);
        REQUIRE(series.record(sample("note " + std::to_string(i)), now).size() == 1);
    }
    CHECK(series.remembered() <= EventSeries::kMaxRemembered);
    CHECK(series.remembered() > 0);
}
