// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/openssl_memory.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace lws::http {
namespace {

// On a thread of its own each test begins with empty lists, and what is left is given back.
template <class F>
void on_new_thread(F test) {
    std::thread([&] {
        test();
        std::vector<void*> rest;
        while (kept_bytes() > 0) {
            for (std::size_t size = 8; size < 1024; size += 16) {
                rest.push_back(take_block(size, "", 0));
            }
        }
        for (void* const block : rest) {
            std::free(block);
        }
    }).join();
}

TEST_CASE("a freed block is the next of its size, and no smaller one is", "[http][memory]") {
    on_new_thread([] {
        void* const block = take_block(200, "", 0);
        std::memset(block, 1, 200);
        give_back_block(block, "", 0);
        CHECK(kept_bytes() >= 192);
        void* const larger = take_block(300, "", 0);
        CHECK(larger != block);
        void* const again = take_block(200, "", 0);
        void* const less = take_block(190, "", 0);
        CHECK((again == block || less == block));
        CHECK(kept_bytes() == 0);
        for (void* const each : {larger, again, less}) {
            std::free(each);
        }
    });
}

TEST_CASE("every size can be used whole", "[http][memory]") {
    on_new_thread([] {
        for (int round = 0; round < 3; ++round) {
            std::vector<void*> blocks;
            for (std::size_t size = 1; size < 1100; ++size) {
                blocks.push_back(take_block(size, "", 0));
                std::memset(blocks.back(), round, size);
            }
            for (void* const block : blocks) {
                give_back_block(block, "", 0);
            }
            CHECK(kept_bytes() > kKeptBytes - 1100);
            CHECK(kept_bytes() <= kKeptBytes);
        }
    });
}

TEST_CASE("a block that is resized keeps its bytes", "[http][memory]") {
    on_new_thread([] {
        void* block = take_block(5, "", 0);
        std::memcpy(block, "four", 5);
        block = resize_block(block, 5000, "", 0);
        CHECK(std::string(static_cast<char*>(block)) == "four");
        // Too large to be kept.
        give_back_block(block, "", 0);
        CHECK(kept_bytes() == 0);
        give_back_block(nullptr, "", 0);
        CHECK(kept_bytes() == 0);
    });
}

}  // namespace
}  // namespace lws::http
