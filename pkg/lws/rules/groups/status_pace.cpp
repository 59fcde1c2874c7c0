// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/status_pace.hpp"

#include <algorithm>
#include <cstdint>

namespace lws::rules {
namespace {

using std::chrono::milliseconds;

// What is left of `interval` since then.
std::optional<milliseconds> rest(
    StatusPace::Time since, milliseconds interval, StatusPace::Time now
) {
    if (now - since >= interval) {
        return std::nullopt;
    }
    return std::chrono::ceil<milliseconds>(since + interval - now);
}

}  // namespace

std::chrono::milliseconds counts_interval(std::size_t waiting_sets) {
    if (waiting_sets <= kFewSets) {
        return kCountsInterval;
    }
    const auto share = kCountsShare * static_cast<std::int64_t>(waiting_sets);
    return std::clamp(share, kCountsInterval, kLongestCountsInterval);
}

StatusTurn pace_status(
    StatusPace pace,
    StatusChange change,
    StatusPace::Time now,
    std::chrono::milliseconds counts_interval
) {
    StatusTurn turn{pace, std::nullopt};
    if (change != StatusChange::availability_lost) {
        turn.pace.lost_since.reset();
    }
    switch (change) {
        case StatusChange::none:
            break;
        case StatusChange::conditions:
            turn.pace.written = now;
            break;
        case StatusChange::counts:
            if (pace.written) {
                turn.wait = rest(*pace.written, counts_interval, now);
            }
            if (!turn.wait) {
                turn.pace.written = now;
            }
            break;
        case StatusChange::availability_lost:
            turn.pace.lost_since = pace.lost_since.value_or(now);
            turn.wait = rest(*turn.pace.lost_since, kLossPatience, now);
            if (!turn.wait) {
                turn.pace.written = now;
            }
            break;
    }
    return turn;
}

}  // namespace lws::rules
