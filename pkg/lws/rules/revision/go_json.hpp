// SPDX-License-Identifier: Apache-2.0
// JSON as Go's encoding/json prints it, where that differs from other writers: HTML characters are
// escaped, keys sorted, and every number of an untyped value is a float64.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/json/view.hpp"

namespace lws::rules {

// Appends a string literal with its quotes. `text` is UTF-8.
void append_go_string(std::string& out, std::string_view text);

// The shortest decimal that reads back as `number`, plain from 1e-6 to below 1e21, else with an
// exponent. `number` is finite, as every number of a JSON text is.
[[nodiscard]] std::string go_number(double number);

// Appends any value as it looks after a round trip through a Go map.
void append_go_value(std::string& out, json::View value);

// Members sorted by key; of equal keys only the last is left.
[[nodiscard]] std::vector<json::Member> sorted_members(json::View object);

// An RFC 3339 time in UTC with whole seconds as metav1.Time prints it: a JSON string, or `null` for
// Go's zero time. Nothing when the text is no such time.
[[nodiscard]] std::optional<std::string> go_time(std::string_view text);

}  // namespace lws::rules
