// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_trouble.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/rules/groups/groups_fixture.hpp"

using namespace lws;
using namespace lws::rules;
using lws::rules::testing::make_leader;

namespace {

const k8s::Seconds kNow = *k8s::parse_time("2026-01-02T03:04:05Z");

}  // namespace

TEST_CASE("a pod is stuck a minute after its grace period", "[groups][trouble]") {
    k8s::Pod pod = make_leader(0);
    pod.node_name = "node-1";
    CHECK_FALSE(stuck_at(pod));
    pod.deletion_time = kNow;
    CHECK(stuck_at(pod) == kNow + std::chrono::seconds(60));
    pod.deletion_grace = 30;
    CHECK(stuck_at(pod) == kNow + std::chrono::seconds(60));
    SECTION("not when its kubelet is done with it") {
        pod.deletion_grace = 0;
        CHECK_FALSE(stuck_at(pod));
    }
    SECTION("not when it never had a node") {
        pod.node_name.clear();
        CHECK_FALSE(stuck_at(pod));
    }
}

TEST_CASE("troubles are told in a line", "[groups][trouble]") {
    CHECK(describe_troubles({}).empty());
    GroupTrouble held;
    held.held_until = kNow;
    held.recreations = 4;
    CHECK(held.any());
    GroupTrouble stuck;
    stuck.stuck = {{"vllm-1", "u1", "n1"}, {"vllm-1-1", "u2", "n2"}};
    CHECK(stuck.any());
    CHECK_FALSE(GroupTrouble{}.any());
    CHECK(
        describe_troubles({{GroupId(0), held}, {GroupId(1), stuck}}) ==
        "group 0 was recreated 4 times, its workers wait until 2026-01-02T03:04:05Z; pod vllm-1 is "
        "stuck in termination on node n1; pod vllm-1-1 is stuck in termination on node n2"
    );
    CHECK_THAT(
        describe_troubles({{GroupId(0), held}, {GroupId(1), stuck}, {GroupId(2), stuck}}),
        Catch::EndsWith("; and 2 more")
    );
}
