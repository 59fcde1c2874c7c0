// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "pkg/lws/support/log.hpp"

namespace lws::webhook {

// Raises the process's limit on open files to what it may have: runtimes begin with 1,024, and
// every connection is one. Warns when even that is too few for `connections`.
void raise_descriptor_limit(std::size_t connections, const Logger& logger);

}  // namespace lws::webhook
