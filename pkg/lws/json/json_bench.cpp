// SPDX-License-Identifier: Apache-2.0
// Reading of recorded reviews: ours, and what RapidJSON takes for the same bytes in the same run.
// The body is copied anew for each parse, since a parse in place changes it; `copy` is that alone.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/rapidjson_floor.hpp"
#include "pkg/lws/testing/review_benchmarks.hpp"

namespace {

using lws::testing::RecordedReview;

void report(benchmark::State& state, const RecordedReview& review, std::size_t arena_bytes) {
    const auto bytes = static_cast<std::int64_t>(review.body.size());
    state.SetBytesProcessed(bytes * static_cast<std::int64_t>(state.iterations()));
    if (arena_bytes > 0) {
        state.counters["arena/body"] =
            static_cast<double>(arena_bytes) / static_cast<double>(bytes);
    }
}

void copy(benchmark::State& state, const RecordedReview& review) {
    std::string text;
    for ([[maybe_unused]] const auto& iteration : state) {
        text.assign(review.body);
        benchmark::DoNotOptimize(text.data());
        benchmark::ClobberMemory();
    }
    report(state, review, 0);
}

void ours(benchmark::State& state, const RecordedReview& review) {
    lws::Arena arena;
    std::string text;
    for ([[maybe_unused]] const auto& iteration : state) {
        arena.reset();
        text.assign(review.body);
        const auto root = lws::json::parse_in_place(text, arena);
        if (!root) {
            state.SkipWithError(root.error().message.c_str());
            return;
        }
        benchmark::DoNotOptimize(root->exists());
    }
    report(state, review, arena.used());
}

void rapidjson_tree(benchmark::State& state, const RecordedReview& review) {
    lws::testing::RapidjsonFloor floor;
    std::string text;
    for ([[maybe_unused]] const auto& iteration : state) {
        text.assign(review.body);
        benchmark::DoNotOptimize(floor.parse(text));
    }
    report(state, review, floor.used());
}

// The least that any tree fed by RapidJSON's reader takes with the checks that we need, but for
// NUL bytes, lone second halves of surrogate pairs and limits.
void rapidjson_reader(benchmark::State& state, const RecordedReview& review) {
    constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                                rapidjson::kParseValidateEncodingFlag |
                                rapidjson::kParseNumbersAsStringsFlag;
    std::string text;
    rapidjson::Reader reader;
    for ([[maybe_unused]] const auto& iteration : state) {
        text.assign(review.body);
        rapidjson::InsituStringStream stream(text.data());
        rapidjson::BaseReaderHandler<> handler;
        benchmark::DoNotOptimize(reader.Parse<kFlags>(stream, handler).IsError());
    }
    report(state, review, 0);
}

}  // namespace

int main(int argc, char** argv) {
    return lws::testing::run_review_benchmarks(
        argc,
        argv,
        {{"copy", copy},
         {"ours", ours},
         {"rapidjson_tree", rapidjson_tree},
         {"rapidjson_reader", rapidjson_reader}}
    );
}
