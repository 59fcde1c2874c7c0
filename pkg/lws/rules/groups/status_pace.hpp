// SPDX-License-Identifier: Apache-2.0
// When a status that differs from the written one is written: what passes by itself, or grows with
// every group that comes up, waits a moment, so that it costs one write or none.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "pkg/lws/rules/groups/set_status.hpp"

namespace lws::rules {

// While groups come up, every one of them changes the counts. All sets share one budget for writes
// of counts alone, so that a thousand sets that come up at once do not write for each group of
// theirs: what the API server is busy with then is their pods.
inline constexpr std::chrono::milliseconds kCountsInterval{1000};
inline constexpr std::chrono::milliseconds kCountsShare{1000};
// So few have no need to share.
inline constexpr std::size_t kFewSets = 8;
inline constexpr std::chrono::milliseconds kLongestCountsInterval{120000};

// From a write of a set's status to one for counts alone, while so many sets wait with theirs.
[[nodiscard]] std::chrono::milliseconds counts_interval(std::size_t waiting_sets);
// A group that is recreated without delay is ready again sooner, where its pods start at once.
inline constexpr std::chrono::milliseconds kLossPatience{1000};

// Of one set, from pass to pass.
struct StatusPace {
    using Time = std::chrono::steady_clock::time_point;

    std::optional<Time> written;
    std::optional<Time> lost_since;
};

struct StatusTurn {
    StatusPace pace;  // replaces the one before
    // Not yet: look again after so long. None: write now, if there is a change at all.
    std::optional<std::chrono::milliseconds> wait;
};

// For every pass of the set, also one that has nothing to write.
[[nodiscard]] StatusTurn pace_status(
    StatusPace pace,
    StatusChange change,
    StatusPace::Time now,
    std::chrono::milliseconds counts_interval
);

}  // namespace lws::rules
