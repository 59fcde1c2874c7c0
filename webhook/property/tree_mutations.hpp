// SPDX-License-Identifier: Apache-2.0
// Changes that make an object of the API odd, or another one.
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/testing/json_tree.hpp"
#include "webhook/property/random.hpp"

namespace lws::webhook::property {

// One change somewhere: a value replaced by one of another type or at a limit, a number or text
// that is nearly the same, a member gone, there twice, or new under a key of the API or one that
// needs escapes.
void mutate(lws::testing::JsonTree& tree, Random& random);

// The members of every object in another order. Of trees without duplicates: there the order
// counts.
void shuffle_members(lws::testing::JsonTree& tree, Random& random);

// JSON values that are rare in objects of the API: nulls, wrong types, numbers at limits, texts of
// control characters and of more than ASCII.
[[nodiscard]] std::string odd_value(Random& random);

// A key of the API, or one with `/`, `~`, quotes or more than ASCII. Not quoted.
[[nodiscard]] std::string some_key(Random& random);

}  // namespace lws::webhook::property
