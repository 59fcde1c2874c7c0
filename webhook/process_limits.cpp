// SPDX-License-Identifier: Apache-2.0
#include "webhook/process_limits.hpp"

#include <sys/resource.h>

namespace lws::webhook {
namespace {

// Listeners, probes, scrapes, event loops, the API client, and connections that are being refused.
constexpr std::size_t kOtherDescriptors = 256;

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

}  // namespace lws::webhook
