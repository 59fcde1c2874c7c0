// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pkg/lws/client/backoff.hpp"
#include "pkg/lws/client/outage_log.hpp"
#include "pkg/lws/client/token_bucket.hpp"

using namespace lws::client;
using namespace std::chrono_literals;

namespace {
const TokenBucket::Clock::time_point kStart{100s};
}  // namespace

TEST_CASE("a backoff doubles up to its bound", "[client][backoff]") {
    const BackoffLimits limits{5ms, 50ms};
    CHECK(doubling_delay(limits, 0) == 5ms);
    CHECK(doubling_delay(limits, 1) == 10ms);
    CHECK(doubling_delay(limits, 3) == 40ms);
    CHECK(doubling_delay(limits, 4) == 50ms);
    CHECK(doubling_delay(limits, 4000000000U) == 50ms);
    CHECK(doubling_delay(BackoffLimits{100ms, 50ms}, 0) == 50ms);
}

TEST_CASE("jitter keeps half of a backoff", "[client][backoff]") {
    const BackoffLimits limits{1000ms, 8000ms};
    CHECK(backoff_delay(limits, 1, 0.0) == 1000ms);
    CHECK(backoff_delay(limits, 1, 0.5) == 1500ms);
    CHECK(backoff_delay(limits, 1, 1.0) == 2000ms);
    CHECK(backoff_delay(limits, 1, 7.0) == 2000ms);
    CHECK(backoff_delay(limits, 1, -7.0) == 1000ms);
}

TEST_CASE("a token bucket lets a burst through and then paces", "[client][token_bucket]") {
    TokenBucket bucket(10, 3);
    for (int i = 0; i < 3; ++i) CHECK(bucket.reserve(kStart, 1s).wait == 0s);
    CHECK(bucket.reserve(kStart, 1s).wait == 100ms);
    CHECK(bucket.reserve(kStart, 1s).wait == 200ms);
    CHECK(bucket.reserve(kStart + 300ms, 1s).wait == 0s);
}

TEST_CASE("a token bucket fills up to its burst", "[client][token_bucket]") {
    TokenBucket bucket(10, 2);
    (void)bucket.reserve(kStart, 1s);
    const auto later = kStart + 1h;
    CHECK(bucket.reserve(later, 1s).wait == 0s);
    CHECK(bucket.reserve(later, 1s).wait == 0s);
    CHECK(bucket.reserve(later, 1s).wait > 0s);
}

TEST_CASE("a wait that is too long takes no token", "[client][token_bucket]") {
    TokenBucket bucket(1, 1);
    CHECK(bucket.reserve(kStart, 0s).granted);
    CHECK_FALSE(bucket.reserve(kStart, 500ms).granted);
    CHECK_FALSE(bucket.reserve(kStart, 500ms).granted);
    const auto granted = bucket.reserve(kStart, 1s);
    CHECK(granted.granted);
    CHECK(granted.wait == 1s);
}

TEST_CASE(
    "a token bucket survives odd settings and a clock that stands still", "[client][token_bucket]"
) {
    TokenBucket unlimited(0, 0);
    for (int i = 0; i < 1000; ++i) CHECK(unlimited.reserve(kStart, 0s).wait == 0s);
    TokenBucket slow(1e-30, 0);
    CHECK(slow.reserve(kStart, 1h).granted);
    CHECK_FALSE(slow.reserve(kStart - 1s, 1h).granted);
}

TEST_CASE("an outage is told at once, then once a minute, then its end", "[client][outage_log]") {
    OutageLog log("API server");
    CHECK_FALSE(log.succeeded(kStart).has_value());
    CHECK(log.failed(kStart, "refused") == "API server: refused");
    CHECK_FALSE(log.failed(kStart + 59s, "refused").has_value());
    CHECK(log.ongoing());
    CHECK(log.failed(kStart + 60s, "reset") == "API server: reset (for 60 s)");
    CHECK_FALSE(log.failed(kStart + 119s, "reset").has_value());
    CHECK(log.succeeded(kStart + 119s) == "API server: well again after 119 s");
    CHECK_FALSE(log.succeeded(kStart + 120s).has_value());
    CHECK(log.failed(kStart + 121s, "refused") == "API server: refused");
}
