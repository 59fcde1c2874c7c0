// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace lws::rules::model {

// FNV-1a over words, with a last mix so that the low bits are good.
inline std::uint64_t hash_bytes(std::span<const std::byte> bytes) {
    std::uint64_t hash = 14695981039346656037ULL;
    while (!bytes.empty()) {
        std::uint64_t word = 0;
        const std::size_t count = bytes.size() < sizeof word ? bytes.size() : sizeof word;
        std::memcpy(&word, bytes.data(), count);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
        hash ^= hash >> 32U;
        bytes = bytes.subspan(count);
    }
    return hash;
}

// The distinct states in the order of their discovery, each under its number. A state is a few
// bytes without padding, so that hundreds of thousands fit.
template <class State>
class StateTable {
public:
    static_assert(std::has_unique_object_representations_v<State>);

    struct Entry {
        std::uint32_t number;
        bool is_new;
    };

    Entry insert(const State& state) {
        if (states_.size() * 2 >= slots_.size()) {
            grow();
        }
        std::uint32_t& slot = slots_[place_of(state)];
        if (slot != kFree) {
            return {slot, false};
        }
        slot = static_cast<std::uint32_t>(states_.size());
        states_.push_back(state);
        return {slot, true};
    }

    [[nodiscard]] std::size_t size() const { return states_.size(); }
    [[nodiscard]] const State& operator[](std::size_t number) const { return states_[number]; }

private:
    static constexpr std::uint32_t kFree = ~std::uint32_t{0};

    // Of the state, or of the free slot that it would get.
    [[nodiscard]] std::size_t place_of(const State& state) const {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = hash_bytes(std::as_bytes(std::span(&state, 1))) & mask;
        while (slots_[at] != kFree && !(states_[slots_[at]] == state)) {
            at = (at + 1) & mask;
        }
        return at;
    }

    void grow() {
        slots_.assign(slots_.empty() ? 1024 : slots_.size() * 2, kFree);
        for (std::size_t number = 0; number < states_.size(); ++number) {
            slots_[place_of(states_[number])] = static_cast<std::uint32_t>(number);
        }
    }

    std::vector<State> states_;
    std::vector<std::uint32_t> slots_;
};

}  // namespace lws::rules::model
