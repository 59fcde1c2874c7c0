// SPDX-License-Identifier: Apache-2.0
#include "controller/leader_election.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "pkg/lws/json/document.hpp"

using namespace lws;
using namespace lws::controller;
using namespace std::chrono_literals;

namespace {

ElectionConfig config() {
    ElectionConfig out;
    out.ns = "lws-system";
    out.name = "b8b2488c.x-k8s.io";
    out.identity = "me";
    return out;
}

LeaseRecord held_by(const std::string& holder, const std::string& renewed = "t1") {
    LeaseRecord lease;
    lease.resource_version = "5";
    lease.holder = holder;
    lease.duration_seconds = 15;
    lease.acquire_time = "t0";
    lease.renew_time = renewed;
    lease.transitions = 3;
    return lease;
}

// The machine with a clock that the test moves.
class Election {
public:
    Election() { send(election_input::Start{}); }

    void send(const ElectionInput& input) {
        const ElectionTime now{boot, std::chrono::system_clock::time_point(1700000000123456us)};
        last = step(state, input, settings, now);
        state = last.state;
    }
    void read(const LeaseRecord& lease) { send(election_input::Read{lease}); }
    void written() {
        LeaseRecord lease = state.written;
        lease.resource_version = std::to_string(++version);
        send(election_input::Written{lease});
    }
    void fail(ErrorCode code) { send(election_input::Failed{code}); }
    void fire(BootTime after) {
        boot += after;
        send(election_input::TimerFired{});
    }
    void lead() {
        send(election_input::Missing{});
        written();
        REQUIRE(last.event == ElectionEvent::elected);
    }

    ElectionConfig settings = config();
    BootTime boot{1000s};
    ElectionState state;
    ElectionStep last;
    int version = 100;
};

}  // namespace

TEST_CASE("a missing lease is created and makes a leader", "[controller][leader_election]") {
    Election e;
    CHECK(e.last.action == ElectionActionKind::read);
    CHECK(e.last.timeout == 5s);
    e.send(election_input::Missing{});
    CHECK(e.last.action == ElectionActionKind::create);
    CHECK(e.state.written.holder == "me");
    CHECK(e.state.written.duration_seconds == 15);
    CHECK(e.state.written.renew_time == "2023-11-14T22:13:20.123456Z");
    CHECK(e.state.written.acquire_time == e.state.written.renew_time);
    CHECK(e.state.written.transitions == 0);
    CHECK_FALSE(leads(e.state));
    e.written();
    CHECK(e.last.event == ElectionEvent::elected);
    CHECK(leads(e.state));
    CHECK(e.last.action == ElectionActionKind::wait);
    CHECK(e.last.delay == 2s);
}

TEST_CASE("a lease that another renews is left alone", "[controller][leader_election]") {
    Election e;
    for (int i = 0; i < 20; ++i) {
        e.read(held_by("other", std::to_string(i)));
        CHECK(e.last.event == ElectionEvent::other_leader);
        CHECK(e.last.action == ElectionActionKind::wait);
        e.fire(14s);
        CHECK(e.last.action == ElectionActionKind::read);
    }
}

TEST_CASE(
    "a lease that stands still is taken after its duration", "[controller][leader_election]"
) {
    Election e;
    e.read(held_by("other"));
    e.fire(15s);
    e.read(held_by("other"));
    CHECK(e.last.action == ElectionActionKind::wait);
    e.fire(1s);
    e.read(held_by("other"));
    CHECK(e.last.action == ElectionActionKind::update);
    CHECK(e.state.written.holder == "me");
    CHECK(e.state.written.resource_version == "5");
    CHECK(e.state.written.transitions == 4);
    CHECK(e.state.written.acquire_time == e.state.written.renew_time);
}

TEST_CASE(
    "a change of the resourceVersion alone does not prolong a lease",
    "[controller][leader_election]"
) {
    Election e;
    e.read(held_by("other"));
    e.fire(16s);
    LeaseRecord touched = held_by("other");
    touched.resource_version = "6";
    e.read(touched);
    CHECK(e.last.action == ElectionActionKind::update);
    CHECK(e.state.written.resource_version == "6");
}

TEST_CASE("a released lease is taken at once", "[controller][leader_election]") {
    Election e;
    e.read(held_by(""));
    CHECK(e.last.action == ElectionActionKind::update);
    CHECK(e.state.written.transitions == 4);
}

TEST_CASE("our own lease is taken up without a new transition", "[controller][leader_election]") {
    Election e;
    e.read(held_by("me"));
    CHECK(e.last.action == ElectionActionKind::update);
    CHECK(e.state.written.transitions == 3);
    CHECK(e.state.written.acquire_time == "t0");
}

TEST_CASE("an absurd duration neither frees nor overflows", "[controller][leader_election]") {
    const std::int64_t seconds = GENERATE(INT64_MIN, -1, 0, INT64_MAX);
    DYNAMIC_SECTION(seconds) {
        Election e;
        LeaseRecord lease = held_by("other");
        lease.duration_seconds = seconds;
        e.read(lease);
        CHECK(e.last.action == ElectionActionKind::wait);
        e.fire(2s);
        e.read(lease);
        CHECK((e.last.action == ElectionActionKind::update) == (seconds < 1));
    }
}

TEST_CASE("a leader renews without reading first", "[controller][leader_election]") {
    Election e;
    e.lead();
    for (int i = 0; i < 5; ++i) {
        e.fire(2s);
        CHECK(e.last.action == ElectionActionKind::update);
        CHECK(e.state.written.resource_version == std::to_string(e.version));
        CHECK(e.state.written.transitions == 0);
        e.written();
        CHECK(e.last.event == ElectionEvent::none);
    }
}

TEST_CASE(
    "a failed renewal is tried until the deadline and then lost", "[controller][leader_election]"
) {
    Election e;
    e.lead();
    for (int i = 0; i < 4; ++i) {
        e.fire(2s);
        CHECK(e.last.action == ElectionActionKind::update);
        CHECK(e.last.timeout <= 5s);
        e.fail(ErrorCode::unavailable);
        CHECK(leads(e.state));
        CHECK(e.last.action == ElectionActionKind::wait);
        CHECK(e.last.delay == 2s);
    }
    e.fire(2s);
    CHECK(e.last.action == ElectionActionKind::end);
    CHECK(e.last.event == ElectionEvent::lost);
    CHECK_FALSE(leads(e.state));
}

TEST_CASE("a renewal's time-out ends with the deadline", "[controller][leader_election]") {
    Election e;
    e.lead();
    e.fire(8s);
    CHECK(e.last.timeout == 2s);
    e.boot += 2s;
    e.fail(ErrorCode::timeout);
    CHECK(e.last.event == ElectionEvent::lost);
}

TEST_CASE(
    "a leader that meets another writer looks before it acts", "[controller][leader_election]"
) {
    const auto code = GENERATE(ErrorCode::conflict, ErrorCode::not_found);
    Election e;
    e.lead();
    e.fire(2s);
    e.fail(code);
    CHECK(e.last.action == ElectionActionKind::read);
    SECTION("our own write had arrived") {
        LeaseRecord ours = e.state.written;
        ours.resource_version = "777";
        e.read(ours);
        CHECK(e.last.action == ElectionActionKind::update);
        CHECK(e.state.written.resource_version == "777");
    }
    SECTION("another leads") {
        e.read(held_by("other"));
        CHECK(e.last.event == ElectionEvent::lost);
        CHECK(e.last.action == ElectionActionKind::end);
    }
    SECTION("the lease was deleted") {
        e.send(election_input::Missing{});
        CHECK(e.last.action == ElectionActionKind::create);
        CHECK(e.state.written.resource_version.empty());
        e.written();
        CHECK(e.last.event == ElectionEvent::none);
        CHECK(leads(e.state));
    }
}

TEST_CASE("a candidate that fails waits and reads again", "[controller][leader_election]") {
    Election e;
    e.fail(ErrorCode::unavailable);
    CHECK(e.last.action == ElectionActionKind::wait);
    e.fire(2s);
    CHECK(e.last.action == ElectionActionKind::read);
    e.send(election_input::Missing{});
    e.fail(ErrorCode::already_exists);
    CHECK(e.last.action == ElectionActionKind::wait);
    CHECK_FALSE(leads(e.state));
}

TEST_CASE("stopping releases the lease for the next", "[controller][leader_election]") {
    const std::string when = GENERATE("waiting", "renewing");
    const std::string end = GENERATE("written", "failed: it expires by itself");
    DYNAMIC_SECTION(when << ", " << end) {
        Election e;
        e.lead();
        if (when == "renewing") e.fire(2s);
        e.send(election_input::Stop{});
        CHECK(e.last.action == ElectionActionKind::update);
        if (when == "renewing") e.written();
        CHECK(e.last.action == ElectionActionKind::update);
        CHECK(e.state.phase == ElectionPhase::releasing);
        CHECK(e.state.written.holder.empty());
        CHECK(e.state.written.duration_seconds == 1);
        CHECK(e.state.written.resource_version == std::to_string(e.version));
        CHECK_FALSE(leads(e.state));
        end == "written" ? e.written() : e.fail(ErrorCode::unavailable);
        CHECK(e.last.action == ElectionActionKind::end);
        CHECK(e.last.event == ElectionEvent::none);
    }
}

TEST_CASE("a candidate stops without writing", "[controller][leader_election]") {
    Election e;
    SECTION("while reading") {
        e.send(election_input::Stop{});
        SECTION("missing") {
            e.send(election_input::Missing{});
        }
        SECTION("held") {
            e.read(held_by(""));
        }
        SECTION("failed") {
            e.fail(ErrorCode::unavailable);
        }
    }
    SECTION("while waiting") {
        e.read(held_by("other"));
        e.send(election_input::Stop{});
    }
    CHECK(e.state.phase == ElectionPhase::ended);
    CHECK(e.last.action == ElectionActionKind::end);
    CHECK(e.state.written.holder.empty());
}

TEST_CASE(
    "no request may start after the renew deadline, nor outlast the lease",
    "[controller][leader_election]"
) {
    Election e;
    CHECK(request_allowance(e.state, e.settings, e.boot) == 0ms);
    e.lead();
    CHECK(request_allowance(e.state, e.settings, e.boot) == 15s);
    CHECK(request_allowance(e.state, e.settings, e.boot + 9999ms) == 5001ms);
    CHECK(request_allowance(e.state, e.settings, e.boot + 10s) == 0ms);
    CHECK(request_allowance(e.state, e.settings, e.boot + 1000h) == 0ms);
}

TEST_CASE(
    "the fence counts from the start of the renewal, not from its answer",
    "[controller][leader_election]"
) {
    Election e;
    e.send(election_input::Missing{});
    e.boot += 4s;
    e.written();
    CHECK(request_allowance(e.state, e.settings, e.boot) == 11s);
    CHECK(request_allowance(e.state, e.settings, e.boot + 6s) == 0ms);
}

TEST_CASE("leases are read and written in the API's form", "[controller][leader_election]") {
    LeaseRecord record = held_by("me", "2023-11-14T22:13:20.123456Z");
    record.acquire_time = "2023-11-14T22:13:10.000000Z";
    const std::string text = make_lease(config(), record);
    CHECK(
        text == R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":)"
                R"("b8b2488c.x-k8s.io","namespace":"lws-system"},"spec":{"holderIdentity":"me",)"
                R"("leaseDurationSeconds":15,"acquireTime":"2023-11-14T22:13:10.000000Z",)"
                R"("renewTime":"2023-11-14T22:13:20.123456Z","leaseTransitions":3}})"
    );
    const std::string patch = make_lease_patch(record);
    const auto parsed = json::parse(patch);
    REQUIRE(parsed.has_value());
    const auto back = read_lease(parsed->root());
    REQUIRE(back.has_value());
    CHECK(*back == record);
    record.holder.clear();
    CHECK_THAT(make_lease_patch(record), Catch::Contains(R"("holderIdentity":null)"));
}

TEST_CASE(
    "a lease of a wrong shape is an error that names the member", "[controller][leader_election]"
) {
    struct Case {
        std::string text;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {"null", "lease: metadata.resourceVersion: is missing"},
        {R"({"metadata":{"resourceVersion":"1"},"spec":{"holderIdentity":5}})",
         "lease: spec.holderIdentity: expected string, got number"},
        {R"({"metadata":{"resourceVersion":"1"},"spec":{"renewTime":{}}})",
         "lease: spec.renewTime: expected string, got object"},
        {R"({"metadata":{"resourceVersion":"1"},"spec":{"leaseDurationSeconds":1.5}})",
         "lease: spec.leaseDurationSeconds: expected integer, got number"},
        {R"({"metadata":{"resourceVersion":"1"},"spec":{"leaseTransitions":"1"}})",
         "lease: spec.leaseTransitions: expected integer, got string"},
    }));
    DYNAMIC_SECTION(c.text) {
        const auto parsed = json::parse(c.text);
        const auto lease = read_lease(parsed->root());
        REQUIRE(lease.has_error());
        CHECK(lease.error().message == c.message);
    }
    const auto empty = json::parse(R"({"metadata":{"resourceVersion":"1"}})");
    CHECK(read_lease(empty->root()).has_value());
}

TEST_CASE("impossible election settings are refused", "[controller][leader_election]") {
    CHECK(check(config()).has_value());
    ElectionConfig c = config();
    SECTION("no name") {
        c.name.clear();
    }
    SECTION("no namespace") {
        c.ns.clear();
    }
    SECTION("no identity") {
        c.identity.clear();
    }
    SECTION("lease not longer than the deadline") {
        c.renew_deadline = c.lease_duration;
    }
    SECTION("deadline not longer than the retry period") {
        c.retry_period = 9s;
    }
    SECTION("no retry period") {
        c.retry_period = 0s;
    }
    SECTION("lease below a second") {
        c.lease_duration = 900ms;
    }
    const bool changed = c.name.empty() || c.ns.empty() || c.identity.empty() ||
                         c.renew_deadline == c.lease_duration || c.retry_period != 2s ||
                         c.lease_duration < 1s;
    CHECK(check(c).has_error() == changed);
}
