// SPDX-License-Identifier: Apache-2.0
#include "webhook/process_resources.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

namespace lws::webhook {
namespace {

TEST_CASE("memory is given back once after many connections have ended", "[webhook]") {
    TrimPolicy policy;
    CHECK_FALSE(policy.is_due(0));
    CHECK_FALSE(policy.is_due(255));
    CHECK(policy.is_due(256));
    CHECK_FALSE(policy.is_due(256));
    CHECK_FALSE(policy.is_due(511));
    CHECK(policy.is_due(2000));
    CHECK_FALSE(policy.is_due(2255));
    CHECK(policy.is_due(2256));
}

TEST_CASE("the process may open as many files as it is allowed to", "[webhook]") {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit low = before;
    low.rlim_cur = 256;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
    raise_descriptor_limit(2000, make_null_logger());
    rlimit after{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &after) == 0);
    CHECK(after.rlim_cur == before.rlim_max);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

}  // namespace
}  // namespace lws::webhook
