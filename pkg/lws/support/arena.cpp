// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/support/arena.hpp"

#include <algorithm>

namespace lws {

struct alignas(std::max_align_t) Arena::Block {
    Block* previous;
    std::size_t size;  // with this head
};

void* Arena::take_from_new_block(std::size_t bytes, std::size_t alignment) {
    const std::size_t least = sizeof(Block) + bytes + alignment;
    if (least < bytes) {
        throw std::bad_alloc();
    }
    const std::size_t size = std::max(next_block_, least);
    auto* const block = static_cast<Block*>(::operator new(size));
    full_blocks_ = used();
    block->previous = blocks_;
    block->size = size;
    blocks_ = block;
    held_ += size;
    // Doubled, so that the number of blocks stays small whatever is asked for.
    next_block_ = std::max(next_block_, size) * 2;
    first_ = reinterpret_cast<std::byte*>(block) + sizeof(Block);
    next_ = first_;
    end_ = reinterpret_cast<std::byte*>(block) + size;
    return take(bytes, alignment);
}

void Arena::reset() {
    const bool one_block = blocks_ != nullptr && blocks_->previous == nullptr;
    if (blocks_ != nullptr && (!one_block || held_ > kKeep)) {
        const std::size_t needed = std::min(held_, kKeep);
        release();
        next_block_ = needed;
    }
    next_ = first_;
    full_blocks_ = 0;
}

void Arena::release() {
    while (blocks_ != nullptr) {
        Block* const block = blocks_;
        blocks_ = block->previous;
        ::operator delete(block, block->size);
    }
    first_ = next_ = end_ = nullptr;
    full_blocks_ = 0;
    held_ = 0;
}

std::string_view join(Arena& arena, std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const auto part : parts) {
        size += part.size();
    }
    char* const text = arena.array<char>(size);
    char* end = text;
    for (const auto part : parts) {
        end = std::copy(part.begin(), part.end(), end);
    }
    return {text, size};
}

}  // namespace lws
