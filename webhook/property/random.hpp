// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

namespace lws::webhook::property {

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators): the same numbers
// on every platform, and a stream of its own for each case of a seed.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    Random(std::uint64_t seed, std::uint64_t case_number) : state_(seed) {
        state_ = next() ^ (case_number * 0xD1342543DE82EF95U);
        next();
    }

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    // 0 … limit - 1; limit must not be 0. The bias is below 2^-32 for what tests ask.
    std::size_t up_to(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
    std::int64_t between(std::int64_t first, std::int64_t last) {
        return first + static_cast<std::int64_t>(up_to(static_cast<std::size_t>(last - first) + 1));
    }
    // True once in `times`.
    bool one_in(std::size_t times) { return up_to(times) == 0; }

    std::string_view pick(std::initializer_list<std::string_view> texts) {
        return *(texts.begin() + up_to(texts.size()));
    }
    template <class T>
    const T& pick(std::span<const T> values) {
        return values[up_to(values.size())];
    }

    template <class Container>
    void shuffle(Container& values) {
        for (std::size_t i = values.size(); i > 1; --i) {
            std::swap(values[i - 1], values[up_to(i)]);
        }
    }

private:
    std::uint64_t state_;
};

}  // namespace lws::webhook::property
