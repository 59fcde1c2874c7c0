// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "pkg/lws/support/result.hpp"

namespace lws::config {

// A duration as Go's time.ParseDuration reads it: `15s`, `1m30s`, `1.5h`, `-2ms`, `0`; units ns,
// us, µs, ms, s, m, h. Anything else, and what does not fit 64 bits of nanoseconds, is an error.
[[nodiscard]] Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace lws::config
