// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/backoff.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using namespace std::chrono_literals;
using lws::rules::testing::make_leader;

namespace {

const k8s::Seconds kNow = *k8s::parse_time("2026-01-02T03:04:05Z");

}  // namespace

TEST_CASE("the first recreation waits for nothing, later ones twice as long each", "[backoff]") {
    const BackoffSettings settings;
    std::vector<std::int64_t> delays;
    for (std::uint32_t count = 0; count <= 9; ++count) {
        delays.push_back(workers_delay(settings, count).count());
    }
    CHECK(delays == std::vector<std::int64_t>{0, 0, 10, 20, 40, 80, 160, 300, 300, 300});
    CHECK(workers_delay(settings, 4'000'000'000U) == 300s);
    CHECK(workers_delay({7s, 5s, 1s}, 2) == 5s);
    CHECK(workers_delay({0s, 300s, 600s}, 5) == 0s);
}

TEST_CASE("recreations are counted for one revision key", "[backoff]") {
    Recreations past = count_recreation({}, "key-a");
    CHECK(past.count == 1);
    past.next = kNow;
    past = count_recreation(past, "key-a");
    CHECK(past.count == 2);
    CHECK_FALSE(past.next);
    CHECK(count_recreation(past, "key-b").count == 1);
}

TEST_CASE("a group that was recreated twice keeps failing", "[backoff]") {
    Recreations past;
    CHECK_FALSE(keeps_failing(past));
    past = count_recreation(past, "key-a");
    CHECK_FALSE(keeps_failing(past));
    CHECK(keeps_failing(count_recreation(past, "key-a")));
}

TEST_CASE("the delay begins with the leader that follows the recreation", "[backoff]") {
    const BackoffSettings settings;
    k8s::Pod leader = make_leader(0);
    leader.created = kNow + 3s;
    Recreations past = count_recreation(count_recreation({}, "key-a"), "key-a");
    const Recreations seen = follow_leader(past, leader, settings, kNow + 9s);
    CHECK(seen.count == 2);
    CHECK(seen.next == kNow + 13s);
    CHECK(is_held_leader(seen, leader));
    SECTION("and no other leader prolongs it") {
        leader.created = kNow + 13s;
        CHECK(follow_leader(seen, leader, settings, kNow + 13s) == seen);
        CHECK_FALSE(is_held_leader(seen, leader));
    }
    SECTION("from now on when the leader does not say since when it is there") {
        leader.created.reset();
        CHECK(follow_leader(past, leader, settings, kNow).next == kNow + 10s);
    }
    SECTION("but not for another revision") {
        leader.revision_key = "key-b";
        CHECK(follow_leader(past, leader, settings, kNow) == Recreations{});
    }
    SECTION("nor when it is off") {
        CHECK(follow_leader(past, leader, {0s, 300s, 600s}, kNow) == Recreations{});
    }
    SECTION("nor for a group that never failed") {
        CHECK(follow_leader({}, leader, settings, kNow) == Recreations{});
    }
}
