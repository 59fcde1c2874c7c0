// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/static_vector.hpp>
#include <cstddef>
#include <string_view>

#include "pkg/lws/support/arena.hpp"

namespace lws::api {

// The longest name of a StatefulSet whose pods can start: their label controller-revision-hash, of
// at most 63 characters, holds the name, a dash and a hash of up to 10 digits.
inline constexpr std::size_t kMaxStatefulSetName = 63 - 1 - 10;

// What is wrong with a text, in the words and the order of apimachinery v0.36 (util/validation and
// api/validate/content); empty when nothing is. Texts that are no
// constants lie in `arena`.
using Problems = boost::container::static_vector<std::string_view, 4>;
[[nodiscard]] Problems dns1035_label_problems(std::string_view text, Arena& arena);
[[nodiscard]] Problems dns1123_label_problems(std::string_view text, Arena& arena);
[[nodiscard]] Problems label_key_problems(std::string_view text, Arena& arena);
[[nodiscard]] Problems label_value_problems(std::string_view text, Arena& arena);

}  // namespace lws::api
