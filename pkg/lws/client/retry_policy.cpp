// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/retry_policy.hpp"

#include <algorithm>

namespace lws::client {
namespace {

RetryDecision after_answer(const Attempt& attempt, Retries& retries) {
    if (attempt.status == 401 && attempt.credentials_changed && retries.unauthorized == 0) {
        ++retries.unauthorized;
        return {true, std::chrono::milliseconds(0)};
    }
    const bool throttled = attempt.status == 429 || (attempt.status >= 500 && attempt.idempotent);
    if (!throttled || !attempt.retry_after || retries.throttled >= kMaxThrottledRetries) return {};
    // `Retry-After: 0` must not become a busy loop.
    const auto delay = std::clamp<std::chrono::milliseconds>(
        *attempt.retry_after, std::chrono::milliseconds(100), kMaxRetryAfter
    );
    if (delay >= attempt.remaining) return {};
    ++retries.throttled;
    return {true, delay};
}

}  // namespace

RetryDecision decide_retry(const Attempt& attempt, Retries& retries) {
    if (attempt.progress == Progress::answered) return after_answer(attempt, retries);
    if (attempt.progress == Progress::not_connected) return {};
    if (!attempt.kept_connection || retries.dead_connection > 0) return {};
    if (attempt.progress == Progress::answering) return {};
    if (attempt.progress == Progress::sent && !attempt.idempotent) return {};
    if (attempt.remaining.count() <= 0) return {};
    ++retries.dead_connection;
    return {true, std::chrono::milliseconds(0)};
}

}  // namespace lws::client
