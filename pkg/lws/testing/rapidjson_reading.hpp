// SPDX-License-Identifier: Apache-2.0
// RapidJSON's reading of a text, to compare ours with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/view.hpp"

namespace lws::testing {

struct RapidjsonReading {
    // All values in their order, as outline() prints them; empty when the text is refused.
    std::optional<std::string> outline;
    // RapidJSON refuses some numbers for their exponent alone, so a verdict of it says nothing.
    bool number_too_big = false;
};

// Refuses also what RapidJSON lets pass and json::parse() must not: NUL bytes, halves of surrogate
// pairs, and nesting deeper than `max_depth`.
[[nodiscard]] RapidjsonReading read_with_rapidjson(std::string_view text, std::size_t max_depth);

[[nodiscard]] std::string outline(json::View view);

// What is wrong with our reading of `text`, measured by RapidJSON's; empty when they agree.
[[nodiscard]] std::string compare_with_rapidjson(std::string_view text);

}  // namespace lws::testing
