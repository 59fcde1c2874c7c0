// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "pkg/lws/support/result.hpp"

namespace lws::sample {

// Makes the sample server that runs as this process exit with status 1. Refuses to signal a process
// that runs another program: outside a container, number 1 is the machine's.
Result<void> fail_process(std::int64_t pid);

}  // namespace lws::sample
