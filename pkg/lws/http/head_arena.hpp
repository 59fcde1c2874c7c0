// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

// Private to this folder.
namespace lws::http {

// Memory for the fields of one request head after the other: a block that is handed out from front
// to back and used anew for the next head. What does not fit comes from the heap. One thread.
class HeadArena {
public:
    // The seven fields of the API server's client take about 900 bytes.
    static constexpr std::size_t kSize = 2048;

    [[nodiscard]] void* take(std::size_t size) {
        const std::size_t rounded = (size + kAlign - 1) / kAlign * kAlign;
        if (!block_) {
            block_ = std::make_unique<Block>();
        }
        if (rounded > kSize - used_) {
            return ::operator new(size);
        }
        return block_->bytes + std::exchange(used_, used_ + rounded);
    }
    void give_back(void* memory) {
        auto* const bytes = static_cast<std::byte*>(memory);
        if (!block_ || bytes < block_->bytes || bytes >= block_->bytes + kSize) {
            ::operator delete(memory);
        }
    }
    // Nothing that was taken may be in use.
    void begin_again() { used_ = 0; }
    void release() {
        used_ = 0;
        block_.reset();
    }

private:
    static constexpr std::size_t kAlign = alignof(std::max_align_t);
    struct Block {
        alignas(kAlign) std::byte bytes[kSize];
    };
    std::unique_ptr<Block> block_;
    std::size_t used_ = 0;
};

template <class T>
class HeadAllocator {
public:
    using value_type = T;

    explicit HeadAllocator(HeadArena& arena) : arena_(&arena) {}
    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): allocators convert to their kin
    HeadAllocator(const HeadAllocator<U>& other) : arena_(other.arena_) {}

    [[nodiscard]] T* allocate(std::size_t count) {
        return static_cast<T*>(arena_->take(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t) { arena_->give_back(memory); }

    friend bool operator==(const HeadAllocator& a, const HeadAllocator& b) {
        return a.arena_ == b.arena_;
    }

private:
    template <class U>
    friend class HeadAllocator;

    HeadArena* arena_;
};

}  // namespace lws::http
