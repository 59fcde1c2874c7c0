// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lws::json {

// Whether a JSON number is larger than the largest double, without its sign. One too near to 0 is
// not: it reads as 0.
[[nodiscard]] bool is_beyond_double(std::string_view number);

}  // namespace lws::json
