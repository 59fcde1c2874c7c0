// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace lws::json {

// JSON text in the making, in an Arena or on the heap.
using Text = std::pmr::string;

// Appends a text as it stands inside a JSON string literal.
void append_escaped(Text& out, std::string_view text);

// Appends one JSON string literal with its quotes. `text` must be UTF-8.
void append_quoted(Text& out, std::string_view text);
void append_quoted(std::string& out, std::string_view text);

}  // namespace lws::json
