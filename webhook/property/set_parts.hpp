// SPDX-License-Identifier: Apache-2.0
// Parts of generated sets, as JSON texts.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "webhook/property/random.hpp"

namespace lws::webhook::property {

[[nodiscard]] std::string object_of(const std::string& members);

// One of `good`; once in `odds` cases one of `bad`.
[[nodiscard]] std::string good_or_bad(
    Random& random,
    std::size_t odds,
    std::initializer_list<std::string_view> good,
    std::initializer_list<std::string_view> bad
);

[[nodiscard]] std::string make_labels(Random& random);
[[nodiscard]] std::string make_annotations(Random& random);
[[nodiscard]] std::string make_metadata(Random& random);
[[nodiscard]] std::string make_template(Random& random);
[[nodiscard]] std::string make_budget(Random& random);

}  // namespace lws::webhook::property
