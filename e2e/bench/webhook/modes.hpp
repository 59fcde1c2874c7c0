// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "e2e/bench/webhook/load.hpp"

namespace lws::bench {

using Targets = std::vector<std::unique_ptr<Target>>;

// Each prints its tables on standard output and says whether the limits held; what makes no
// measurement (a wrong answer, a lost connection) is an exception.
enum class Verdict { within, exceeded };

struct LoadOptions {
    std::vector<std::size_t> connections{1, 8, 64};
    std::size_t rounds = 5;
    double seconds = 0.4;  // of each round
    // First target to second, at 8 connections; 0 is no limit.
    double most_cpu_ratio = 0;
    double most_p99_ratio = 0;
};
[[nodiscard]] Verdict run_load(
    const Targets& targets, const std::vector<Review>& reviews, const LoadOptions& options
);

struct HeapOptions {
    std::size_t connections = 8;
    std::size_t requests = 4000;
    // Of the first target, for each request; negative is no limit.
    double most = -1;
};
[[nodiscard]] Verdict run_heap(
    const Targets& targets, const std::vector<Review>& reviews, const HeapOptions& options
);

struct BurstOptions {
    std::size_t connections = 200;
    std::size_t rounds = 5;
};
[[nodiscard]] Verdict run_burst(
    const Targets& targets, const Review& review, const BurstOptions& options
);

struct IdleOptions {
    std::size_t count = 2000;  // one of them is the one that is used
    std::size_t requests = 2000;
    double most_p99_millis = 10;
    double most_resident_mb = 0;  // of the first target; 0 is no limit
};
[[nodiscard]] Verdict run_idle(
    const Targets& targets, const Review& review, const IdleOptions& options
);

struct SoakOptions {
    std::size_t requests = 10'000'000;
    std::size_t connections = 8;
    double most_resident_mib = 14;
    // Pages that come and go; a leak of a byte a request would be 9 MiB.
    double most_growth_kib = 64;
};
[[nodiscard]] Verdict run_soak(
    const Targets& targets, const std::vector<Review>& reviews, const SoakOptions& options
);

}  // namespace lws::bench
