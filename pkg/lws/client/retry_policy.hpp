// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

namespace lws::client {

// How far an attempt got when it ended.
enum class Progress {
    not_connected,  // no connection
    not_sent,       // the server cannot have the whole request
    sent,           // it may have; no byte of an answer came
    answering,      // an answer began and broke
    answered,
};

// One attempt at a request, seen from outside.
struct Attempt {
    Progress progress{Progress::not_connected};
    bool idempotent{false};
    bool kept_connection{false};  // it had served an earlier request
    int status{0};                // of the answer
    std::optional<std::chrono::seconds> retry_after;
    bool credentials_changed{false};         // after a 401 they were read again
    std::chrono::milliseconds remaining{0};  // until the deadline of the call

    Attempt() = default;
};

// Second tries already made for one call.
struct Retries {
    unsigned dead_connection{0};
    unsigned unauthorized{0};
    unsigned throttled{0};
};

struct RetryDecision {
    bool retry{false};
    std::chrono::milliseconds delay{0};
};

inline constexpr unsigned kMaxThrottledRetries = 10;  // as client-go's request
// No answer makes us wait longer than this: whoever calls has a back-off of its own.
inline constexpr std::chrono::seconds kMaxRetryAfter{5};

// Whether to try once more, counted in `retries`. A kept connection may have been closed by the
// server at any time, so one failure there proves nothing; but a request that is not idempotent and
// may have been received is never sent twice. 429 means not processed; a 5xx may mean processed,
// and is repeated only if idempotent. Both only with a Retry-After, of which kMaxRetryAfter is
// obeyed, and only if that ends before the deadline.
[[nodiscard]] RetryDecision decide_retry(const Attempt& attempt, Retries& retries);

}  // namespace lws::client
