// SPDX-License-Identifier: Apache-2.0
// Recorded reviews, step by step and whole, from the bytes of the body to the bytes of the answer.
// `rapidjson_tree` is the reference: a program that reads the body and does nothing with it.
#include <benchmark/benchmark.h>

#include <optional>
#include <string>

#include "pkg/lws/api/defaulting.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/api/validation.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/rules/admission/pod_mutation.hpp"
#include "pkg/lws/testing/rapidjson_floor.hpp"
#include "pkg/lws/testing/review_benchmarks.hpp"
#include "webhook/review_codec.hpp"
#include "webhook/review_request.hpp"
#include "webhook/review_response.hpp"

namespace {

using lws::testing::RecordedReview;
using lws::webhook::ReviewKind;

constexpr std::string_view kJson = "application/json";

void report_arena(benchmark::State& state, const RecordedReview& review, std::size_t bytes) {
    state.counters["arena/body"] =
        static_cast<double>(bytes) / static_cast<double>(review.body.size());
}

ReviewKind kind_of(const RecordedReview& review) {
    return lws::webhook::review_kind(review.path).value();
}

void whole(benchmark::State& state, const RecordedReview& review) {
    const lws::webhook::ReviewOptions options;
    const auto kind = kind_of(review);
    lws::Arena arena;
    std::string text;
    std::string answer;
    for ([[maybe_unused]] const auto& iteration : state) {
        text.assign(review.body);
        const auto outcome = lws::webhook::handle_review(kind, kJson, text, options, arena, answer);
        if (outcome.allowed != review.allowed) {
            state.SkipWithError("wrong decision");
            return;
        }
    }
    report_arena(state, review, arena.used());
    state.counters["answer"] = static_cast<double>(answer.size());
}

void parse(benchmark::State& state, const RecordedReview& review) {
    lws::Arena arena;
    std::string text;
    for ([[maybe_unused]] const auto& iteration : state) {
        arena.reset();
        text.assign(review.body);
        benchmark::DoNotOptimize(lws::json::parse_in_place(text, arena).has_value());
    }
    report_arena(state, review, arena.used());
}

// What the rule makes of a tree: checks, decision and, of a mutation, the patch.
bool decide(
    ReviewKind kind,
    const lws::webhook::ReviewRequest& request,
    lws::json::PatchBuilder& patch,
    lws::Arena& arena
) {
    if (kind == ReviewKind::mutate_pod) {
        return lws::rules::plan_pod(request.object, {}, patch).has_value();
    }
    if (!lws::api::check_leader_worker_set(request.object)) {
        return false;
    }
    if (kind == ReviewKind::mutate_set) {
        lws::api::plan_defaults(request.object, patch);
        return true;
    }
    if (!request.old_object.exists()) {
        return lws::api::validate_create(request.object, {}, arena).allowed();
    }
    return lws::api::check_leader_worker_set(request.old_object).has_value() &&
           lws::api::validate_update(request.object, request.old_object, arena).allowed();
}

void decision(benchmark::State& state, const RecordedReview& review) {
    const auto document = lws::json::parse(review.body);
    const auto request = lws::webhook::read_review(document->root()).value();
    const auto kind = kind_of(review);
    lws::Arena arena;
    std::size_t patch_bytes = 0;
    for ([[maybe_unused]] const auto& iteration : state) {
        arena.reset();
        lws::json::PatchBuilder patch(request.object, arena);
        if (decide(kind, request, patch, arena) != review.allowed) {
            state.SkipWithError("wrong decision");
            return;
        }
        patch_bytes = patch.bytes();
    }
    state.counters["patch"] = static_cast<double>(patch_bytes);
}

void write(benchmark::State& state, const RecordedReview& review) {
    const auto document = lws::json::parse(review.body);
    const auto request = lws::webhook::read_review(document->root()).value();
    lws::Arena arena;
    lws::json::PatchBuilder patch(request.object, arena);
    (void)decide(kind_of(review), request, patch, arena);
    const auto made = lws::webhook::allow_with_patch(patch.finish());
    std::string answer;
    for ([[maybe_unused]] const auto& iteration : state) {
        lws::webhook::write_review(answer, "", "", request.uid, made);
        benchmark::DoNotOptimize(answer.data());
        benchmark::ClobberMemory();
    }
}

void rapidjson_tree(benchmark::State& state, const RecordedReview& review) {
    lws::testing::RapidjsonFloor floor;
    std::string text;
    for ([[maybe_unused]] const auto& iteration : state) {
        text.assign(review.body);
        benchmark::DoNotOptimize(floor.parse(text));
    }
    report_arena(state, review, floor.used());
}

}  // namespace

int main(int argc, char** argv) {
    return lws::testing::run_review_benchmarks(
        argc,
        argv,
        {{"parse", parse},
         {"decide", decision},
         {"write", write},
         {"whole", whole},
         {"rapidjson_tree", rapidjson_tree}}
    );
}
