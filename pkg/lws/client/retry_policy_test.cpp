// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/retry_policy.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace lws::client;
using namespace std::chrono_literals;

namespace {

Attempt failed(Progress progress, bool kept, bool idempotent) {
    Attempt attempt;
    attempt.progress = progress;
    attempt.kept_connection = kept;
    attempt.idempotent = idempotent;
    attempt.remaining = 5s;
    return attempt;
}

Attempt answered(int status, bool idempotent) {
    Attempt attempt = failed(Progress::answered, false, idempotent);
    attempt.status = status;
    return attempt;
}

}  // namespace

TEST_CASE("only a kept connection gives a second try", "[client][retry_policy]") {
    struct Case {
        std::string name;
        Attempt attempt;
        bool retry;
    };
    const auto c = GENERATE(values<Case>({
        {"no connection", failed(Progress::not_connected, false, true), false},
        {"new, not sent", failed(Progress::not_sent, false, true), false},
        {"new, sent", failed(Progress::sent, false, true), false},
        {"kept, not sent, idempotent", failed(Progress::not_sent, true, true), true},
        {"kept, not sent, not idempotent", failed(Progress::not_sent, true, false), true},
        {"kept, sent, idempotent", failed(Progress::sent, true, true), true},
        {"kept, sent, not idempotent", failed(Progress::sent, true, false), false},
        {"kept, answering", failed(Progress::answering, true, true), false},
    }));
    DYNAMIC_SECTION(c.name) {
        Retries retries;
        CHECK(decide_retry(c.attempt, retries).retry == c.retry);
        CHECK_FALSE(decide_retry(c.attempt, retries).retry);
    }
}

TEST_CASE("no second try begins after the deadline", "[client][retry_policy]") {
    Retries retries;
    Attempt attempt = failed(Progress::not_sent, true, true);
    attempt.remaining = 0ms;
    CHECK_FALSE(decide_retry(attempt, retries).retry);
}

TEST_CASE("a 401 is tried again once and only with other credentials", "[client][retry_policy]") {
    Retries retries;
    Attempt attempt = answered(401, false);
    CHECK_FALSE(decide_retry(attempt, retries).retry);
    attempt.credentials_changed = true;
    CHECK(decide_retry(attempt, retries).retry);
    CHECK_FALSE(decide_retry(attempt, retries).retry);
}

TEST_CASE("Retry-After is honoured when it fits", "[client][retry_policy]") {
    Retries retries;
    Attempt attempt = answered(429, false);
    CHECK_FALSE(decide_retry(attempt, retries).retry);
    attempt.retry_after = 2s;
    const auto decision = decide_retry(attempt, retries);
    CHECK(decision.retry);
    CHECK(decision.delay == 2s);
    attempt.retry_after = 5s;
    CHECK_FALSE(decide_retry(attempt, retries).retry);
    attempt.retry_after = 0s;
    CHECK(decide_retry(attempt, retries).delay == 100ms);
}

TEST_CASE("no server makes us wait for long", "[client][retry_policy]") {
    Retries retries;
    Attempt attempt = answered(429, false);
    attempt.retry_after = 3600s;
    CHECK_FALSE(decide_retry(attempt, retries).retry);
    attempt.remaining = 10s;
    const auto decision = decide_retry(attempt, retries);
    CHECK(decision.retry);
    CHECK(decision.delay == kMaxRetryAfter);
}

TEST_CASE("a 5xx is repeated only when that is harmless and wanted", "[client][retry_policy]") {
    const int status = GENERATE(500, 502, 503, 504);
    Retries retries;
    Attempt attempt = answered(status, false);
    attempt.retry_after = 1s;
    CHECK_FALSE(decide_retry(attempt, retries).retry);
    attempt.idempotent = true;
    CHECK(decide_retry(attempt, retries).retry);
    attempt.retry_after.reset();
    CHECK_FALSE(decide_retry(attempt, retries).retry);
    attempt = answered(404, true);
    attempt.retry_after = 1s;
    CHECK_FALSE(decide_retry(attempt, retries).retry);
}

TEST_CASE("a server that throttles for ever is given up", "[client][retry_policy]") {
    Retries retries;
    Attempt attempt = answered(429, true);
    attempt.retry_after = 1s;
    unsigned count = 0;
    while (decide_retry(attempt, retries).retry) ++count;
    CHECK(count == kMaxThrottledRetries);
}
