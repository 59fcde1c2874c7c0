// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "pkg/lws/rules/groups/plan.hpp"
#include "pkg/lws/support/log.hpp"
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

    // Of a plan whose actions are all done: what it wants next, and why it did no more.
    void take_over(const rules::Plan& plan, const Logger& logger) {
        if (plan.requeue_after) requeue_within(*plan.requeue_after);
        if (plan.failure) failure = plan.failure;
        for (const std::string& reason : plan.reasons) logger->debug("{}", reason);
    }
};

}  // namespace lws::controller
