// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_states.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::make_leader;
using lws::rules::testing::make_set;
using lws::rules::testing::make_workers;
using lws::rules::testing::TestSet;

namespace {

// Two groups wanted, a third as a surge; all new and ready.
struct Groups {
    TestSet set = make_set();
    std::vector<k8s::Pod> leaders{make_leader(0), make_leader(1), make_leader(2)};
    std::vector<k8s::StatefulSet> workers{
        make_workers(leaders[0]), make_workers(leaders[1]), make_workers(leaders[2])
    };
    std::vector<const k8s::Pod*> pods;
    std::vector<const k8s::StatefulSet*> stateful_sets;

    GroupsView view() {
        pods.clear();
        stateful_sets.clear();
        for (const k8s::Pod& pod : leaders) {
            pods.push_back(&pod);
        }
        for (const k8s::StatefulSet& stateful_set : workers) {
            stateful_sets.push_back(&stateful_set);
        }
        return {&set.set, &pods, &stateful_sets};
    }
};

}  // namespace

TEST_CASE("a group that keeps failing is marked while its template is an old one", "[groups]") {
    std::vector<GroupState> states(2);
    const std::vector<FailingGroup> failing{
        {GroupId(1), k8s::hash_text("key-a")}, {GroupId(2), k8s::hash_text("key-a")}
    };
    mark_failing(states, failing, "key-a");
    CHECK(states == std::vector<GroupState>(2));
    mark_failing(states, failing, "key-b");
    CHECK_FALSE(states[0].failing);
    CHECK(states[1].failing);
}

TEST_CASE("surge groups and terminating ones are counted", "[groups][status]") {
    Groups groups;
    groups.leaders[1].deletion_time = k8s::Seconds{};
    const auto observed = observed_groups(groups.view(), "key-a");
    REQUIRE(observed.size() == 3);
    for (const ObservedGroup& group : observed) {
        CHECK(group.state.ready);
        CHECK(group.state.updated);
    }
}

TEST_CASE("a missing leader or worker StatefulSet is neither ready nor new", "[groups][status]") {
    Groups groups;
    SECTION("no leader") {
        groups.leaders.erase(groups.leaders.begin() + 1);
    }
    SECTION("no worker StatefulSet") {
        groups.workers.erase(groups.workers.begin() + 1);
    }
    const auto states = group_states(groups.view(), "key-a", 3);
    REQUIRE(states.size() == 3);
    CHECK(states[0] == GroupState{true, true});
    CHECK(states[1] == GroupState{false, false});
    CHECK(states[2] == GroupState{true, true});
    CHECK(observed_groups(groups.view(), "key-a").size() == 2);
}

TEST_CASE("worker StatefulSets with 0 replicas are accepted", "[groups][status]") {
    Groups groups;
    groups.workers[0].replicas = 0;
    groups.workers[0].available_replicas = 0;
    CHECK(group_states(groups.view(), "key-a", 3)[0] == GroupState{true, true});
}

TEST_CASE("the live size decides whether workers are looked at", "[groups][status]") {
    Groups groups;
    groups.workers[0].available_replicas = 0;
    CHECK_FALSE(group_states(groups.view(), "key-a", 3)[0].ready);
    groups.set = make_set("'replicas':2", "'size':1");
    CHECK(group_states(groups.view(), "key-a", 3)[0].ready);
}
