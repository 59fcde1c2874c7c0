// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace lws::json {

// The offset of the first escape in a JSON text that is the second half of a surrogate pair without
// the first half before it, as `\udc00`. RapidJSON 1.1 takes such an escape and makes of it what is
// no UTF-8, which would then stand in our answers; a first half without its second it refuses.
[[nodiscard]] std::optional<std::size_t> find_half_pair(std::string_view json_text);

}  // namespace lws::json
