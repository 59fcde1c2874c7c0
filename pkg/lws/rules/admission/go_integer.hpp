// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// An integer as Go's strconv.Atoi reads it: an optional sign and decimal digits, int64. The error's
// message is Go's, since users see it in the denial: `strconv.Atoi: parsing "x": invalid syntax`.
// Its code is forbidden.
[[nodiscard]] Result<std::int64_t> parse_go_integer(std::string_view text);

// Go's `/` and `%` on int64, for which the smallest number by -1 is no trap. `divisor` is not 0.
[[nodiscard]] std::int64_t go_quotient(std::int64_t dividend, std::int64_t divisor);
[[nodiscard]] std::int64_t go_remainder(std::int64_t dividend, std::int64_t divisor);

}  // namespace lws::rules
