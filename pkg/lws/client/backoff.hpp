// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace lws::client {

struct BackoffLimits {
    std::chrono::milliseconds first{500};
    std::chrono::milliseconds most{15000};
};

// Exponential with jitter: attempt n (from 0) waits d/2 + random * d/2 with d = first * 2^n, at
// most `most`. `random` is in [0, 1] and comes from the caller, so that the result is a pure
// function; half of d is kept so that a crowd spreads but nobody retries at once.
[[nodiscard]] std::chrono::milliseconds backoff_delay(
    const BackoffLimits& limits, unsigned attempt, double random
);

// The same without jitter.
[[nodiscard]] std::chrono::milliseconds doubling_delay(
    const BackoffLimits& limits, unsigned attempt
);

}  // namespace lws::client
