// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/support/arena.hpp"

namespace lws::api {

// As Go's `%q` prints a text (strconv.Quote): what cannot be printed is escaped, the rest stays.
// Bytes that are no UTF-8 become `\xNN`.
[[nodiscard]] std::string go_quote(std::string_view text);
[[nodiscard]] std::string_view go_quote(std::string_view text, Arena& arena);

// As Go's encoding/json prints a text: `<`, `>`, `&`, U+2028 and U+2029 are escaped as well.
[[nodiscard]] std::string_view go_json_string(std::string_view text, Arena& arena);

}  // namespace lws::api
