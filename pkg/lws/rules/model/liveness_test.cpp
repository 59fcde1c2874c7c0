// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/liveness.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace lws::rules::model;

namespace {

struct From {
    Goal goal;
    std::vector<std::pair<std::uint32_t, Actor>> edges;
};

std::string_view trap_of(const std::vector<From>& states) {
    LivenessGraph graph;
    for (const From& state : states) {
        graph.add_state(state.goal);
    }
    for (std::uint32_t i = 0; i < states.size(); ++i) {
        graph.begin(i);
        for (const auto& [to, actor] : states[i].edges) {
            graph.add_edge(to, actor);
        }
    }
    const auto trap = graph.find_trap();
    return trap ? trap->what : "";
}

constexpr Goal kMissed = Goal::missed;
constexpr Goal kReached = Goal::reached;

}  // namespace

TEST_CASE("a way to the goal that only the environment can take is none", "[model]") {
    CHECK(trap_of({{kMissed, {{1, 1}}}, {kReached, {}}}).empty());
    CHECK(trap_of({{kMissed, {{1, kEnvironment}}}, {kReached, {}}}) == kStuck);
}

TEST_CASE("a run that leaves the goal by itself is found", "[model]") {
    CHECK(trap_of({{kReached, {{1, 1}}}, {kMissed, {{0, 1}}}}) == kGoalLeft);
    // What the environment does is no fault.
    CHECK(trap_of({{kReached, {{1, kEnvironment}}}, {kMissed, {{0, 1}}}}).empty());
}

TEST_CASE("a cycle short of the goal is a trap only when a fair run may stay in it", "[model]") {
    // One actor that may turn for ever.
    CHECK(trap_of({{kMissed, {{1, 1}}}, {kMissed, {{0, 1}, {2, 1}}}, {kReached, {}}}) == kEndless);
    // Actor 2 can leave in one of the states only: it may always come at the wrong time.
    CHECK(trap_of({{kMissed, {{1, 1}}}, {kMissed, {{0, 1}, {2, 2}}}, {kReached, {}}}) == kEndless);
    // It can leave everywhere: fairness makes it.
    CHECK(trap_of({{kMissed, {{1, 1}, {2, 2}}}, {kMissed, {{0, 1}, {2, 2}}}, {kReached, {}}}
    ).empty());
    // It can act everywhere, but one of its acts stays inside.
    CHECK(
        trap_of({{kMissed, {{1, 1}, {0, 2}}}, {kMissed, {{0, 1}, {2, 2}, {0, 2}}}, {kReached, {}}}
        ) == kEndless
    );
}

TEST_CASE("every component is looked at, also behind others", "[model]") {
    CHECK(
        trap_of(
            {{kMissed, {{1, 1}, {4, 2}}},
             {kMissed, {{2, 1}}},
             {kMissed, {{3, 1}}},
             {kMissed, {{2, 1}}},
             {kReached, {}}}
        ) == kEndless
    );
}
