// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lws::api {

// The longest name of a StatefulSet whose pods can start: their label controller-revision-hash, of
// at most 63 characters, holds the name, a dash and a hash of up to 10 digits.
inline constexpr std::size_t kMaxStatefulSetName = 63 - 1 - 10;

// What is wrong with a text, in the words and the order of apimachinery v0.36 (util/validation and
// api/validate/content); empty when nothing is.
[[nodiscard]] std::vector<std::string> dns1035_label_problems(std::string_view text);
[[nodiscard]] std::vector<std::string> dns1123_label_problems(std::string_view text);
[[nodiscard]] std::vector<std::string> label_key_problems(std::string_view text);
[[nodiscard]] std::vector<std::string> label_value_problems(std::string_view text);

}  // namespace lws::api
