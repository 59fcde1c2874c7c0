// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace lws::client {

// Client-side rate limit as `clientConnection.qps` and `burst` mean it: `burst` requests at once,
// then `qps` a second. A caller reserves a token now and waits until it is due; order is first
// come, first served. Not thread-safe.
class TokenBucket {
public:
    using Clock = std::chrono::steady_clock;

    // qps <= 0: no limit. burst below 1 counts as 1.
    TokenBucket(double qps, int burst);

    // Granted: the token is taken and the caller goes on after `wait`. Not granted: the wait would
    // be longer than `longest`, and no token is taken.
    struct Reservation {
        bool granted;
        Clock::duration wait;
    };
    [[nodiscard]] Reservation reserve(Clock::time_point now, Clock::duration longest);

private:
    double qps_;
    double burst_;
    double tokens_;
    Clock::time_point last_{};
    bool started_ = false;
};

}  // namespace lws::client
