// SPDX-License-Identifier: Apache-2.0
#include "webhook/process_resources.hpp"

#include <malloc.h>
#include <sys/resource.h>

namespace lws::webhook {
namespace {

// Listeners, probes, scrapes, event loops, the API client, and connections that are being refused.
constexpr std::size_t kOtherDescriptors = 256;
// At about 20 KB each.
constexpr std::size_t kWorthATrim = 256;

}  // namespace

void raise_descriptor_limit(std::size_t connections, const Logger& logger) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < connections + kOtherDescriptors) {
        logger->warn(
            "the limit of {} open files is too low for {} connections", limit.rlim_cur, connections
        );
    }
}

void keep_memory_small() {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

bool TrimPolicy::is_due(std::size_t ended) {
    if (ended - trimmed_at_ < kWorthATrim) {
        return false;
    }
    trimmed_at_ = ended;
    return true;
}

void give_back_freed_memory() {
    malloc_trim(0);
}

}  // namespace lws::webhook
