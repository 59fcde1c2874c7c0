// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "pkg/lws/support/result.hpp"

namespace lws::controller {

// How a pass ended: look again after a while, back off after a failure, or neither.
struct PassResult {
    std::optional<std::chrono::milliseconds> requeue_after;
    std::optional<Error> failure;

    PassResult() {}

    void requeue_within(std::chrono::milliseconds delay) {
        requeue_after = requeue_after ? std::min(*requeue_after, delay) : delay;
    }
};

}  // namespace lws::controller
