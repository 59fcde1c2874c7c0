// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/token_bucket.hpp"

#include <algorithm>

namespace lws::client {

using Seconds = std::chrono::duration<double>;

TokenBucket::TokenBucket(double qps, int burst)
    : qps_(qps), burst_(std::max(1, burst)), tokens_(burst_) {}

TokenBucket::Reservation TokenBucket::reserve(Clock::time_point now, Clock::duration longest) {
    if (!(qps_ > 0)) return {true, Clock::duration::zero()};
    if (started_ && now > last_) {
        const double earned = Seconds(now - last_).count() * qps_;
        tokens_ = std::min(burst_, tokens_ + earned);
    }
    if (!started_ || now > last_) last_ = now;
    started_ = true;
    // Below zero: what others have reserved already; the wait is the time to earn it back.
    const double missing = 1.0 - tokens_;
    if (missing <= 0) {
        tokens_ -= 1.0;
        return {true, Clock::duration::zero()};
    }
    const auto wait = Seconds(missing / qps_);
    // Compared as doubles: a tiny qps would overflow the integer duration.
    const bool granted = wait <= Seconds(longest);
    if (!granted) return {false, longest};
    tokens_ -= 1.0;
    return {true, std::chrono::ceil<Clock::duration>(wait)};
}

}  // namespace lws::client
