// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lws::api {

// What is wrong with a text, in the words and the order of apimachinery v0.36 (util/validation and
// api/validate/content); empty when nothing is.
[[nodiscard]] std::vector<std::string> dns1035_label_problems(std::string_view text);
[[nodiscard]] std::vector<std::string> dns1123_label_problems(std::string_view text);
[[nodiscard]] std::vector<std::string> label_key_problems(std::string_view text);
[[nodiscard]] std::vector<std::string> label_value_problems(std::string_view text);

}  // namespace lws::api
