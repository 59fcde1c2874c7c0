// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/head_arena.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <vector>

namespace lws::http {
namespace {

TEST_CASE("every head gets the same memory, aligned for anything", "[http][memory]") {
    HeadArena arena;
    std::vector<void*> first;
    for (int head = 0; head < 3; ++head) {
        arena.begin_again();
        std::vector<void*> taken;
        for (const std::size_t size : {1, 17, 100}) {
            taken.push_back(arena.take(size));
            std::memset(taken.back(), head, size);
            CHECK(reinterpret_cast<std::uintptr_t>(taken.back()) % alignof(std::max_align_t) == 0);
        }
        CHECK(taken[0] < taken[1]);
        CHECK(taken[1] < taken[2]);
        first = first.empty() ? taken : first;
        CHECK(taken == first);
        for (void* const memory : taken) {
            arena.give_back(memory);
        }
    }
}

TEST_CASE("what does not fit comes from the heap and goes back there", "[http][memory]") {
    HeadArena arena;
    std::vector<void*> taken;
    for (std::size_t sum = 0; sum <= 2 * HeadArena::kSize; sum += 256) {
        taken.push_back(arena.take(256));
        std::memset(taken.back(), 1, 256);
    }
    void* const large = arena.take(HeadArena::kSize + 1);
    std::memset(large, 1, HeadArena::kSize + 1);
    arena.give_back(large);
    for (void* const memory : taken) {
        arena.give_back(memory);
    }
    arena.release();
    HeadAllocator<int> numbers(arena);
    int* const three = numbers.allocate(3);
    three[2] = 5;
    numbers.deallocate(three, 3);
    CHECK(HeadAllocator<char>(numbers) == HeadAllocator<char>(arena));
}

}  // namespace
}  // namespace lws::http
