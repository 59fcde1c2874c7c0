// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <new>
#include <string_view>

namespace lws {

// Memory of one piece of work: handed out by moving a pointer, given back all at once. After the
// first pieces of work of a kind, further ones take nothing from the heap.
//
// Nothing in it is destroyed, so it is for trivial types and for std::pmr containers that are gone
// before reset(). A memory_resource whose deallocate() does nothing. One thread at a time.
class Arena final : public std::pmr::memory_resource {
public:
    // What reset() keeps at most.
    static constexpr std::size_t kKeep = std::size_t{256} * 1024;

    // The first block is taken when it is needed, and has `first_block` bytes or more.
    explicit Arena(std::size_t first_block = std::size_t{16} * 1024) : next_block_(first_block) {}
    ~Arena() override { release(); }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    // Room for `count` objects, not constructed. std::bad_alloc when the heap is exhausted.
    template <class T>
    [[nodiscard]] T* array(std::size_t count) {
        return static_cast<T*>(take(count * sizeof(T), alignof(T)));
    }

    // All that was handed out is invalid from here on. One block of at most kKeep bytes is kept;
    // when the work took several, the next takes one that holds as much as they did together.
    void reset();

    // Bytes handed out since the last reset(), with the gaps between them.
    [[nodiscard]] std::size_t used() const {
        return full_blocks_ + static_cast<std::size_t>(next_ - first_);
    }
    // Bytes that are held of the heap.
    [[nodiscard]] std::size_t held() const { return held_; }

private:
    struct Block;

    [[nodiscard]] void* take(std::size_t bytes, std::size_t alignment) {
        const auto gap = (0 - reinterpret_cast<std::uintptr_t>(next_)) & (alignment - 1);
        const auto left = static_cast<std::size_t>(end_ - next_);
        if (gap > left || bytes > left - gap) {
            return take_from_new_block(bytes, alignment);
        }
        auto* const result = next_ + gap;
        next_ = result + bytes;
        return result;
    }
    [[nodiscard]] void* take_from_new_block(std::size_t bytes, std::size_t alignment);
    void release();

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return take(bytes, alignment);
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    Block* blocks_ = nullptr;  // the newest
    std::byte* first_ = nullptr;
    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t next_block_;
    std::size_t full_blocks_ = 0;
    std::size_t held_ = 0;
};

// The parts one after the other, as one text in the arena.
[[nodiscard]] std::string_view join(Arena& arena, std::initializer_list<std::string_view> parts);

}  // namespace lws
