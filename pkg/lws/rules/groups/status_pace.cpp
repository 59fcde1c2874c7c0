// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/status_pace.hpp"

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

StatusTurn pace_status(StatusPace pace, StatusChange change, StatusPace::Time now) {
    StatusTurn turn{pace, std::nullopt};
    if (change != StatusChange::availability_lost) {
        turn.pace.lost_since.reset();
    }
    switch (change) {
        case StatusChange::none:
        case StatusChange::conditions:
            break;
        case StatusChange::counts:
            if (pace.counts_written) {
                turn.wait = rest(*pace.counts_written, kCountsInterval, now);
            }
            if (!turn.wait) {
                turn.pace.counts_written = now;
            }
            break;
        case StatusChange::availability_lost:
            turn.pace.lost_since = pace.lost_since.value_or(now);
            turn.wait = rest(*turn.pace.lost_since, kLossPatience, now);
            break;
    }
    return turn;
}

}  // namespace lws::rules
