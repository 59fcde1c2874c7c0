// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/support/result.hpp"

namespace lws::testing {

// Applies a JSON Patch (RFC 6902) to a JSON text and returns the new text, members in their order.
// Strict, so that a wrong operation fails a test: unknown members of an operation, a missing
// parent, `replace` or `remove` of what is not there, an index past the end, an index with leading
// zeros, a bad escape and a failing `test` are errors that name the operation. Shares no code with
// json::PatchBuilder.
[[nodiscard]] Result<std::string> apply_patch(std::string_view object, std::string_view patch);

// Whether two JSON texts mean the same value. Neither may be malformed.
[[nodiscard]] bool same_json(std::string_view a, std::string_view b);

}  // namespace lws::testing
