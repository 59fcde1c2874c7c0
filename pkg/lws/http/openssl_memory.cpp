// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/openssl_memory.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace lws::http {
namespace {

// Class c holds blocks of at least 16 * c + 8 bytes, which are the sizes that glibc makes.
constexpr std::size_t kClasses = 64;
constexpr std::size_t kUnit = 16;
constexpr std::size_t kExtra = 8;

struct Block {
    Block* next;
};

// Without a destructor: OpenSSL frees blocks as late as a thread's end, after such would have run.
struct Lists {
    Block* first[kClasses];
    unsigned bytes;
};
thread_local constinit Lists lists{};

std::size_t class_that_fits(std::size_t size) {
    return size <= kExtra ? 0 : (size - kExtra + kUnit - 1) / kUnit;
}

}  // namespace

bool keep_openssl_blocks() {
    return CRYPTO_set_mem_functions(take_block, resize_block, give_back_block) == 1;
}

void* take_block(std::size_t size, const char*, int) {
    const std::size_t place = class_that_fits(size);
    if (place < kClasses && lists.first[place] != nullptr) {
        Block* const block = lists.first[place];
        lists.first[place] = block->next;
        lists.bytes -= static_cast<unsigned>(place * kUnit + kExtra);
        return block;
    }
    return std::malloc(size);
}

void give_back_block(void* memory, const char*, int) {
    const std::size_t size = memory == nullptr ? 0 : malloc_usable_size(memory);
    const std::size_t place = size < kExtra ? kClasses : (size - kExtra) / kUnit;
    const auto counted = static_cast<unsigned>(place * kUnit + kExtra);
    if (place >= kClasses || lists.bytes + counted > kKeptBytes) {
        std::free(memory);
        return;
    }
    lists.first[place] = new (memory) Block{lists.first[place]};
    lists.bytes += counted;
}

void* resize_block(void* block, std::size_t size, const char*, int) {
    return std::realloc(block, size);
}

unsigned kept_bytes() {
    return lists.bytes;
}

}  // namespace lws::http
