// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/status_pace.hpp"

#include <catch2/catch.hpp>

using namespace lws::rules;
using std::chrono::milliseconds;

namespace {

// Passes of one set, told when they happen.
struct Passes {
    StatusPace pace;
    StatusPace::Time start{};
    std::size_t waiting_sets = 1;

    std::optional<milliseconds> at(int moment, StatusChange change) {
        const StatusTurn turn =
            pace_status(pace, change, start + milliseconds(moment), counts_interval(waiting_sets));
        pace = turn.pace;
        return turn.wait;
    }
};

constexpr auto kNone = StatusChange::none;
constexpr auto kCounts = StatusChange::counts;
constexpr auto kLost = StatusChange::availability_lost;
constexpr auto kConditions = StatusChange::conditions;

}  // namespace

TEST_CASE("counts of groups are written at most once a second", "[groups][status]") {
    Passes passes;
    CHECK_FALSE(passes.at(0, kCounts));
    CHECK(passes.at(1, kCounts) == milliseconds(999));
    CHECK(passes.at(999, kCounts) == milliseconds(1));
    CHECK_FALSE(passes.at(1000, kCounts));
    CHECK(passes.at(1001, kCounts) == milliseconds(999));
}

TEST_CASE(
    "a set that is available again within a second was never unavailable", "[groups][status]"
) {
    Passes passes;
    CHECK(passes.at(0, kLost) == milliseconds(1000));
    CHECK(passes.at(400, kLost) == milliseconds(600));
    CHECK_FALSE(passes.at(900, kNone));
    // The next loss has a second of its own, also when counts are all that is left of this one.
    CHECK(passes.at(1500, kLost) == milliseconds(1000));
    CHECK_FALSE(passes.at(1600, kCounts));
    CHECK(passes.at(1700, kLost) == milliseconds(1000));
}

TEST_CASE("a loss of availability is told after a second", "[groups][status]") {
    Passes passes;
    CHECK(passes.at(0, kLost) == milliseconds(1000));
    CHECK_FALSE(passes.at(1000, kLost));
    // As long as the write does not succeed.
    CHECK_FALSE(passes.at(1100, kLost));
}

TEST_CASE("conditions that somebody waits for are written at once", "[groups][status]") {
    Passes passes;
    CHECK_FALSE(passes.at(0, kConditions));
    CHECK(passes.at(1, kLost) == milliseconds(1000));
    CHECK_FALSE(passes.at(2, kConditions));
    CHECK(passes.at(3, kLost) == milliseconds(1000));
}

TEST_CASE("counts alone wait after any write of the status", "[groups][status]") {
    Passes passes;
    CHECK_FALSE(passes.at(0, kConditions));
    CHECK(passes.at(100, kCounts) == milliseconds(900));
    CHECK_FALSE(passes.at(500, kConditions));
    CHECK(passes.at(1100, kCounts) == milliseconds(400));
}

TEST_CASE("sets that come up at once share the writes of counts", "[groups][status]") {
    CHECK(counts_interval(0) == milliseconds(1000));
    CHECK(counts_interval(kFewSets) == milliseconds(1000));
    CHECK(counts_interval(kFewSets + 1) == milliseconds(9000));
    CHECK(counts_interval(50) == milliseconds(50000));
    CHECK(counts_interval(100000) == std::chrono::minutes(2));
    Passes passes;
    passes.waiting_sets = 50;
    CHECK_FALSE(passes.at(0, kConditions));
    CHECK(passes.at(1000, kCounts) == milliseconds(49000));
    // The others are up.
    passes.waiting_sets = 1;
    CHECK_FALSE(passes.at(1001, kCounts));
}
