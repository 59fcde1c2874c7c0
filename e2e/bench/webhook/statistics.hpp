// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace lws::bench {

// Times are microseconds here, as they are printed.
struct Percentiles {
    double p50 = 0;
    double p99 = 0;
    double p999 = 0;
};

// By nearest rank, of times in nanoseconds, which are sorted on the way; all zero when there is
// none.
[[nodiscard]] Percentiles percentiles(std::vector<std::uint32_t>& nanoseconds);

// Of the rounds of one measurement: the middle one, and the lowest and highest beside it.
struct Spread {
    double median = 0;
    double low = 0;
    double high = 0;
};

// Of an even number the mean of the two in the middle; all zero when there is none.
[[nodiscard]] Spread spread_of(std::vector<double> values);

// Round by round, so that what slowed both targets down at one time cancels out. Both have the same
// size, and no denominator is 0.
[[nodiscard]] Spread ratio_of(
    const std::vector<double>& numerators, const std::vector<double>& denominators
);

}  // namespace lws::bench
