// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <initializer_list>

#include "pkg/lws/testing/recorded_reviews.hpp"

namespace lws::testing {

struct ReviewBenchmark {
    const char* name;
    void (*run)(benchmark::State&, const RecordedReview&);
};

// The main() of a program that runs each of these on every recorded review, as `review/name`.
inline int run_review_benchmarks(
    int argc, char** argv, std::initializer_list<ReviewBenchmark> benchmarks
) {
    benchmark::Initialize(&argc, argv);
    for (const auto& review : recorded_reviews()) {
        for (const auto& [name, run] : benchmarks) {
            benchmark::RegisterBenchmark((review.name + "/" + name).c_str(), run, review);
        }
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

}  // namespace lws::testing
