// SPDX-License-Identifier: Apache-2.0
// What a review takes of the heap and of its arena. This file replaces operator new for the whole
// program, so that it can count.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <string>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/recorded_reviews.hpp"
#include "webhook/review_codec.hpp"

namespace {

thread_local std::size_t calls_of_new = 0;

void* count_and_take(std::size_t bytes) {
    ++calls_of_new;
    if (void* const memory = std::malloc(bytes > 0 ? bytes : 1)) {
        return memory;
    }
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) {
    return count_and_take(bytes);
}
void* operator new[](std::size_t bytes) {
    return count_and_take(bytes);
}
// AddressSanitizer has these of its own, and would miss their delete.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    ++calls_of_new;
    return std::malloc(bytes > 0 ? bytes : 1);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
    ++calls_of_new;
    return std::malloc(bytes > 0 ? bytes : 1);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace lws::webhook {
namespace {

constexpr int kWarmUp = 3;
constexpr int kCounted = 5;

TEST_CASE("a review takes nothing from the heap, allowed or denied", "[memory]") {
    for (const auto& recorded : testing::recorded_reviews()) {
        const auto kind = review_kind(recorded.path);
        REQUIRE(kind.has_value());
        const ReviewOptions options;
        const auto expected = handle_review(*kind, "application/json", recorded.body, options).body;
        Arena arena;
        std::string body;
        std::string answer;
        std::size_t calls = 0;
        bool allowed = true;
        for (int i = 0; i < kWarmUp + kCounted; ++i) {
            body.assign(recorded.body);
            const auto before = calls_of_new;
            const auto outcome =
                handle_review(*kind, "application/json", body, options, arena, answer);
            calls += i < kWarmUp ? 0 : calls_of_new - before;
            allowed = outcome.allowed;
        }
        CAPTURE(recorded.name, calls, arena.used());
        CHECK(allowed == recorded.allowed);
        CHECK(answer == expected);
        CHECK(calls == 0);
        CHECK(arena.used() <= 4 * recorded.body.size());
    }
}

TEST_CASE("operator new is counted", "[memory]") {
    const auto before = calls_of_new;
    const std::string text(1000, 'x');
    CHECK(text.size() == 1000);
    CHECK(calls_of_new > before);
}

TEST_CASE("what a review of millions of members took is bounded and given back", "[memory]") {
    std::string body = R"({"kind":"AdmissionReview","request":{"uid":"u","object":{"a":{"":1)";
    while (body.size() < 7'000'000) {
        body += R"(,"":1)";
    }
    body += "}}}}";
    Arena arena;
    std::string answer;
    const auto outcome =
        handle_review(ReviewKind::mutate_pod, "application/json", body, {}, arena, answer);
    CHECK(outcome.allowed);
    CHECK(arena.used() > 40'000'000);
    CHECK(arena.used() < 64'000'000);
    arena.reset();
    CHECK(arena.held() == 0);
}

}  // namespace
}  // namespace lws::webhook
