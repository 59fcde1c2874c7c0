// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/group.hpp"

#include <catch2/catch.hpp>

using lws::sample::Group;
using lws::sample::JoinOutcome;

TEST_CASE("a group is complete when all its workers have joined", "[sample]") {
    Group group(3);
    CHECK_FALSE(group.complete());
    CHECK(group.join("vllm-0-2", 1) == JoinOutcome::joined);
    CHECK_FALSE(group.complete());
    CHECK(group.join("vllm-0-1", 2) == JoinOutcome::joined);
    CHECK(group.complete());
    CHECK(group.workers() == std::vector<std::string>{"vllm-0-1", "vllm-0-2"});
}

TEST_CASE("a group of one is complete from the start and takes no worker", "[sample]") {
    Group group(1);
    CHECK(group.complete());
    CHECK(group.join("vllm-0-1", 1) == JoinOutcome::refused);
    CHECK(group.complete());
}

TEST_CASE("a worker that left makes the group incomplete until it is back", "[sample]") {
    Group group(2);
    REQUIRE(group.join("vllm-0-1", 1) == JoinOutcome::joined);
    group.leave("vllm-0-1", 1);
    CHECK_FALSE(group.complete());
    CHECK(group.join("vllm-0-1", 2) == JoinOutcome::joined);
    CHECK(group.complete());
}

TEST_CASE("the late end of an old connection does not remove a worker that is back", "[sample]") {
    Group group(2);
    REQUIRE(group.join("vllm-0-1", 1) == JoinOutcome::joined);
    CHECK(group.join("vllm-0-1", 2) == JoinOutcome::replaced);
    group.leave("vllm-0-1", 1);
    CHECK(group.complete());
}

TEST_CASE("a worker without a name or beyond the size is refused", "[sample]") {
    Group group(2);
    CHECK(group.join("", 1) == JoinOutcome::refused);
    REQUIRE(group.join("vllm-0-1", 2) == JoinOutcome::joined);
    CHECK(group.join("vllm-0-2", 3) == JoinOutcome::refused);
    group.leave("vllm-0-2", 3);
    CHECK(group.workers() == std::vector<std::string>{"vllm-0-1"});
}
