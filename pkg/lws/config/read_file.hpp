// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "pkg/lws/support/result.hpp"

namespace lws::config {

// The whole file, at most 1 MiB; `not_found` when there is none. Blocks: for start-up and for small
// local files only.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

}  // namespace lws::config
