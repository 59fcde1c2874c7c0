// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "pkg/lws/support/log.hpp"

namespace lws::webhook {

// Raises the process's limit on open files to what it may have: runtimes begin with 1,024, and
// every connection is one. Warns when even that is too few for `connections`.
void raise_descriptor_limit(std::size_t connections, const Logger& logger);

// glibc would keep an arena of its own for each thread and hold on to freed large bodies.
void keep_memory_small();

// Says when so many connections have ended since the last time that their memory is worth a walk
// through the heap: freed in the middle of it, it would stay with the process for life.
class TrimPolicy {
public:
    // Call now and then with the number of connections that have ended so far.
    [[nodiscard]] bool is_due(std::size_t ended);

private:
    std::size_t trimmed_at_ = 0;
};

void give_back_freed_memory();

}  // namespace lws::webhook
