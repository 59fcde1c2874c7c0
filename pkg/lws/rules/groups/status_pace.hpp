// SPDX-License-Identifier: Apache-2.0
// When a status that differs from the written one is written: what passes by itself, or grows with
// every group that comes up, waits a moment, so that it costs one write or none.
#pragma once

#include <chrono>
#include <optional>

#include "pkg/lws/rules/groups/set_status.hpp"

namespace lws::rules {

// While groups come up, every one of them changes the counts.
inline constexpr std::chrono::milliseconds kCountsInterval{1000};
// A group that is recreated without delay is ready again sooner, where its pods start at once.
inline constexpr std::chrono::milliseconds kLossPatience{1000};

// Of one set, from pass to pass.
struct StatusPace {
    using Time = std::chrono::steady_clock::time_point;

    std::optional<Time> counts_written;
    std::optional<Time> lost_since;
};

struct StatusTurn {
    StatusPace pace;  // replaces the one before
    // Not yet: look again after so long. None: write now, if there is a change at all.
    std::optional<std::chrono::milliseconds> wait;
};

// For every pass of the set, also one that has nothing to write.
[[nodiscard]] StatusTurn pace_status(StatusPace pace, StatusChange change, StatusPace::Time now);

}  // namespace lws::rules
