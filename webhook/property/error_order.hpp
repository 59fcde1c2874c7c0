// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "pkg/lws/support/result.hpp"

namespace lws::webhook::property {

// Whether the errors of a denied set stand in upstream's order, ours last, as
// /validate-leaderworkerset… prints them; the table is written from the API, not from the code.
// The texts must not be in names, labels or annotations of the set.
[[nodiscard]] Result<void> check_error_order(std::string_view message);

// How many of the rules with a place of their own have broken.
[[nodiscard]] std::size_t count_errors(std::string_view message);

}  // namespace lws::webhook::property
