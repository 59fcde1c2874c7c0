// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "webhook/review_codec.hpp"

namespace lws::webhook::property {

// One generated case: a set, alone or as an update, a pod, or the body of a review.
struct Case {
    enum class Kind : std::uint8_t { set, pod, body };

    Kind kind = Kind::set;
    std::string object;      // of sets and pods, JSON text
    std::string old_object;  // of updates
    // Of bodies. `twin` is a body that must be answered the same, empty without one.
    ReviewKind path = ReviewKind::mutate_set;
    std::string content_type;
    std::string body;
    std::string twin;
    bool gang = false;
    bool warn_long_names = false;
    std::uint64_t seed = 0;  // for the order of members
};

// One case in so many is huge: it takes as long as hundreds of others.
inline constexpr std::uint64_t kHugeEvery = 300;

// Case `number` of `seed`, the same on every machine.
[[nodiscard]] Case make_case(std::uint64_t seed, std::uint64_t number);

// From a switch of the configuration, by the code that the program starts with.
[[nodiscard]] ReviewOptions options_of(const Case& c);

}  // namespace lws::webhook::property
