// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/backoff.hpp"

#include <algorithm>

namespace lws::client {

std::chrono::milliseconds doubling_delay(const BackoffLimits& limits, unsigned attempt) {
    auto delay = std::min(limits.first, limits.most);
    for (unsigned i = 0; i < attempt && delay < limits.most; ++i) {
        delay = std::min(delay * 2, limits.most);
    }
    return delay;
}

std::chrono::milliseconds backoff_delay(
    const BackoffLimits& limits, unsigned attempt, double random
) {
    const auto whole = doubling_delay(limits, attempt);
    const auto half = whole / 2;
    const double share = std::clamp(random, 0.0, 1.0);
    const double spread = static_cast<double>((whole - half).count()) * share;
    return half + std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(spread));
}

}  // namespace lws::client
