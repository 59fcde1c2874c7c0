// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pkg/lws/api/leader_worker_set.hpp"

namespace lws::rules {

// The webhook refuses names that are too long for pods to start, and /scale and stored objects pass
// it by. Says which groups of `replicas` cannot start for that reason, or nothing when all can.
[[nodiscard]] std::optional<std::string> groups_that_cannot_start(
    const api::LeaderWorkerSet& set, std::int32_t replicas
);

}  // namespace lws::rules
