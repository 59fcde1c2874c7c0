// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lws::api {

// As Go's `%q` prints a text (strconv.Quote): what cannot be printed is escaped, the rest stays.
// Bytes that are no UTF-8 become `\xNN`.
[[nodiscard]] std::string go_quote(std::string_view text);

// As Go's encoding/json prints a text: `<`, `>`, `&`, U+2028 and U+2029 are escaped as well.
[[nodiscard]] std::string go_json_string(std::string_view text);

}  // namespace lws::api
