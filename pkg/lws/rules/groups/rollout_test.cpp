// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/rollout.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

using lws::rules::decide_rollout;
using lws::rules::GroupState;
using lws::rules::LiveStatefulSet;
using lws::rules::RolloutDecision;
using lws::rules::RolloutInput;
using lws::rules::RolloutStep;
using lws::rules::SpecChange;
using lws::rules::want_replicas;

namespace {

// One letter a group: N new and ready, n new and not ready, O old and ready, o old and not ready,
// x old and not ready, as it keeps failing.
std::vector<GroupState> groups(const std::string& letters) {
    std::vector<GroupState> out;
    for (const char c : letters) {
        out.push_back({c == 'N' || c == 'O', c == 'N' || c == 'n', c == 'x'});
    }
    return out;
}

struct Case {
    const char* name;
    int replicas;
    int surge;
    int unavailable;
    int user_partition;
    SpecChange change;
    LiveStatefulSet live;
    const char* states;
    RolloutDecision want;
};

RolloutDecision decide(const Case& c) {
    RolloutInput input;
    input.replicas = c.replicas;
    input.max_surge = c.surge;
    input.max_unavailable = c.unavailable;
    input.user_partition = c.user_partition;
    input.change = c.change;
    input.live = c.live;
    input.groups = groups(c.states);
    return decide_rollout(input);
}

constexpr auto kNone = SpecChange::none;
constexpr auto kNow = SpecChange::just_now;

}  // namespace

TEST_CASE("a StatefulSet that is not there yet gets all replicas and no partition", "[rollout]") {
    RolloutInput input;
    input.replicas = 3;
    CHECK(decide_rollout(input) == RolloutDecision{0, 3, RolloutStep::creation, false});
    input.user_partition = 2;
    CHECK(decide_rollout(input).partition == 2);
}

TEST_CASE("a rolling update follows its five steps", "[rollout]") {
    const auto c = GENERATE(values<Case>({
        // Step 2.
        {"a change holds every group back",
         4,
         0,
         1,
         0,
         kNow,
         {4, 0, 4},
         "OOOO",
         {4, 4, RolloutStep::new_revision, false}},
        {"a change brings the surge groups",
         4,
         2,
         1,
         0,
         kNow,
         {4, 0, 4},
         "OOOO",
         {4, 6, RolloutStep::new_revision, false}},
        {"a change while scaling up grows first, without surge",
         4,
         2,
         1,
         0,
         kNow,
         {2, 0, 2},
         "OO",
         {2, 4, RolloutStep::new_revision, false}},
        {"a change while scaling down starts at the new size",
         2,
         0,
         1,
         0,
         kNow,
         {4, 0, 4},
         "OOOO",
         {2, 2, RolloutStep::new_revision, true}},
        {"surge of all groups with nothing unavailable",
         2,
         2,
         0,
         0,
         kNow,
         {2, 0, 2},
         "OO",
         {2, 4, RolloutStep::new_revision, false}},
        // Step 3.
        {"at rest nothing moves",
         4,
         1,
         1,
         0,
         kNone,
         {4, 0, 4},
         "NNNN",
         {0, 4, RolloutStep::at_rest, false}},
        {"at rest not even for broken groups",
         4,
         1,
         1,
         0,
         kNone,
         {4, 0, 4},
         "onNN",
         {0, 4, RolloutStep::at_rest, false}},
        {"scaling up comes before rolling on",
         6,
         1,
         1,
         0,
         kNone,
         {4, 2, 4},
         "OONN",
         {2, 6, RolloutStep::scale_up_first, false}},
        // Step 4.
        {"scaling down during a rollout lowers the partition to the new size",
         2,
         0,
         1,
         0,
         kNone,
         {4, 3, 4},
         "OOON",
         {2, 2, RolloutStep::scaled_during_rollout, true}},
        {"scaling down keeps the surge while groups are missing",
         3,
         1,
         1,
         0,
         kNone,
         {6, 5, 5},
         "OOOOON",
         {4, 4, RolloutStep::scaled_during_rollout, true}},
        {"a missing replicas annotation counts as unchanged",
         2,
         0,
         1,
         0,
         kNone,
         {4, 3, std::nullopt},
         "OOON",
         {0, 2, RolloutStep::rolling, true}},
        // Step 5.
        {"the first group goes after the change",
         4,
         0,
         1,
         0,
         kNone,
         {4, 4, 4},
         "OOOO",
         {3, 4, RolloutStep::rolling, false}},
        {"the next group waits for the one before",
         4,
         0,
         1,
         0,
         kNone,
         {4, 3, 4},
         "OOOn",
         {3, 4, RolloutStep::rolling, false}},
        {"and goes when that is ready",
         4,
         0,
         1,
         0,
         kNone,
         {4, 3, 4},
         "OOON",
         {2, 4, RolloutStep::rolling, false}},
        {"two at a time", 4, 0, 2, 0, kNone, {4, 4, 4}, "OOOO", {2, 4, RolloutStep::rolling, false}
        },
        {"a group that is down below uses up the budget",
         4,
         0,
         1,
         0,
         kNone,
         {4, 4, 4},
         "oOOO",
         {4, 4, RolloutStep::rolling, false}},
        {"unless it keeps failing: only the new template mends it",
         4,
         0,
         1,
         0,
         kNone,
         {4, 4, 4},
         "xOOO",
         {3, 4, RolloutStep::rolling, false}},
        {"the budget is for each of the others",
         4,
         0,
         1,
         0,
         kNone,
         {4, 4, 4},
         "xoOO",
         {4, 4, RolloutStep::rolling, false}},
        {"a group that is new already costs nothing",
         4,
         0,
         2,
         0,
         kNone,
         {4, 4, 4},
         "oONn",
         {2, 4, RolloutStep::rolling, false}},
        {"all groups down: nothing to lose",
         3,
         0,
         1,
         0,
         kNone,
         {3, 3, 3},
         "ooo",
         {2, 3, RolloutStep::rolling, false}},
        {"a broken group at the edge goes beyond the budget",
         4,
         0,
         1,
         0,
         kNone,
         {4, 4, 4},
         "OooO",
         {4, 4, RolloutStep::rolling, false}},
        {"surge groups are created new and widen the step",
         4,
         2,
         1,
         0,
         kNone,
         {6, 4, 4},
         "OOOONN",
         {1, 6, RolloutStep::rolling, false}},
        {"surge groups that are not ready do not",
         4,
         2,
         1,
         0,
         kNone,
         {6, 4, 4},
         "OOOOnn",
         {3, 6, RolloutStep::rolling, false}},
        {"surge groups go back when the budget covers the rest",
         4,
         2,
         1,
         0,
         kNone,
         {6, 0, 4},
         "OONNNN",
         {0, 5, RolloutStep::rolling, true}},
        {"the last surge group goes",
         4,
         1,
         1,
         0,
         kNone,
         {5, 0, 4},
         "NNNNN",
         {0, 4, RolloutStep::rolling, true}},
        {"a partition never rises within a rollout",
         4,
         0,
         1,
         0,
         kNone,
         {4, 1, 4},
         "ONnN",
         {1, 4, RolloutStep::rolling, false}},
        // The user's partition.
        {"never below the user's partition",
         4,
         0,
         1,
         3,
         kNone,
         {4, 3, 4},
         "OOON",
         {3, 4, RolloutStep::rolling, false}},
        {"the user's partition at rest",
         4,
         0,
         1,
         3,
         kNone,
         {4, 0, 4},
         "NNNN",
         {3, 4, RolloutStep::at_rest, false}},
        {"a partition above the replicas holds all",
         2,
         0,
         1,
         9,
         kNow,
         {2, 0, 2},
         "OO",
         {9, 2, RolloutStep::new_revision, false}},
        // Edges.
        {"no groups at all", 0, 0, 1, 0, kNone, {0, 0, 0}, "", {0, 0, RolloutStep::at_rest, false}},
        {"scaled to zero during a rollout",
         0,
         0,
         1,
         0,
         kNone,
         {3, 2, 3},
         "OON",
         {0, 0, RolloutStep::scaled_during_rollout, true}},
        {"groups that nobody saw are not ready",
         3,
         0,
         1,
         0,
         kNone,
         {3, 3, 3},
         "",
         {2, 3, RolloutStep::rolling, false}},
    }));
    DYNAMIC_SECTION(c.name) {
        const RolloutDecision got = decide(c);
        CHECK(got.partition == c.want.partition);
        CHECK(got.replicas == c.want.replicas);
        CHECK(got.step == c.want.step);
        CHECK(got.reclaims_surge == c.want.reclaims_surge);
    }
}

TEST_CASE("surge replicas cover what the budget does not", "[rollout]") {
    CHECK(want_replicas(4, 2, 1, 4) == 6);
    CHECK(want_replicas(4, 2, 1, 3) == 6);
    CHECK(want_replicas(4, 2, 1, 2) == 5);
    CHECK(want_replicas(4, 2, 1, 1) == 4);
    CHECK(want_replicas(4, 2, 0, 2) == 6);
    CHECK(want_replicas(4, 0, 1, 0) == 4);
}

TEST_CASE("rollout arithmetic survives the largest numbers", "[rollout]") {
    constexpr auto kMax = std::numeric_limits<std::int32_t>::max();
    RolloutInput input;
    input.replicas = 3;
    input.max_surge = kMax;
    input.max_unavailable = kMax;
    input.live = LiveStatefulSet{3, 3, 3};
    input.groups = groups("OOO");
    CHECK(decide_rollout(input).partition == 0);
    CHECK(decide_rollout(input).replicas == 3);
    input.live = LiveStatefulSet{-5, -1, -7};
    input.user_partition = -3;
    CHECK(decide_rollout(input).partition == 0);
}
