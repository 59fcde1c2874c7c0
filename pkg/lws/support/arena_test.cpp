// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/support/arena.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <string>

namespace lws {
namespace {

TEST_CASE("an arena hands out memory that is aligned and apart", "[arena]") {
    Arena arena(64);
    char* const text = arena.array<char>(3);
    auto* const number = arena.array<std::uint64_t>(5);
    CHECK(reinterpret_cast<std::uintptr_t>(number) % alignof(std::uint64_t) == 0);
    char* const large = arena.array<char>(100'000);
    std::memset(text, 'a', 3);
    std::memset(number, 0xFF, 5 * sizeof(*number));
    std::memset(large, 'c', 100'000);
    CHECK(std::string(text, 3) == "aaa");
    CHECK(number[4] == UINT64_MAX);
    CHECK(arena.used() >= 3 + 40 + 100'000);
    CHECK(arena.used() < 3 + 40 + 100'000 + 64);
    CHECK(arena.held() >= arena.used());
}

TEST_CASE("an arena takes nothing for work of a size that it has seen", "[arena]") {
    Arena arena(64);
    const auto work = [&arena] {
        arena.reset();
        for (int i = 0; i < 200; ++i) {
            CHECK(arena.allocate(100, 8) != nullptr);
        }
    };
    work();
    work();
    const auto held = arena.held();
    void* const first = (arena.reset(), arena.allocate(8, 8));
    work();
    CHECK(arena.held() == held);
    CHECK((arena.reset(), arena.allocate(8, 8)) == first);
    CHECK(arena.used() == 8);
}

TEST_CASE("what large work took of the heap is given back", "[arena]") {
    Arena arena;
    std::memset(arena.array<char>(50'000'000), 'x', 50'000'000);
    CHECK(arena.held() >= 50'000'000);
    arena.reset();
    CHECK(arena.held() == 0);
    CHECK(arena.used() == 0);
    CHECK(arena.array<char>(1) != nullptr);
    CHECK(arena.held() <= Arena::kKeep);
}

TEST_CASE("parts are joined to one text in an arena", "[arena]") {
    Arena arena(16);
    CHECK(join(arena, {}).empty());
    const auto first = join(arena, {"a", "", "bc"});
    const auto second = join(arena, {first, std::string(100, 'x')});
    CHECK(first == "abc");
    CHECK(second == "abc" + std::string(100, 'x'));
}

TEST_CASE("a size beyond all memory is refused", "[arena]") {
    Arena arena;
    CHECK_THROWS_AS(arena.array<std::uint64_t>(SIZE_MAX / 8), std::bad_alloc);
}

}  // namespace
}  // namespace lws
