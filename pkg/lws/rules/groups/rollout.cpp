// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/rollout.hpp"

#include <algorithm>
#include <limits>

namespace lws::rules {
namespace {

// 64 bits throughout: maxUnavailable has no upper limit, so sums leave int32.
struct Numbers {
    std::int64_t replicas;        // R
    std::int64_t surge;           // S
    std::int64_t unavailable;     // U
    std::int64_t live_replicas;   // stsR
    std::int64_t live_partition;  // P
};

std::int64_t at_least_zero(std::int64_t value) {
    return std::max<std::int64_t>(value, 0);
}

// A group that nobody has seen is neither ready nor updated.
GroupState state_at(const std::vector<GroupState>& groups, std::int64_t index) {
    const auto at = static_cast<std::size_t>(index);
    return index >= 0 && at < groups.size() ? groups[at] : GroupState{};
}

std::int64_t count_unready(const std::vector<GroupState>& groups, const Numbers& n) {
    std::int64_t unready = 0;
    for (std::int64_t i = 0; i < n.replicas; ++i) {
        const GroupState state = i < n.live_replicas ? state_at(groups, i) : GroupState{};
        unready += state.ready && state.updated ? 0 : 1;
    }
    return unready;
}

// Groups both ready and updated, from the last one down without a gap.
std::int64_t finished_tail(const std::vector<GroupState>& groups, const Numbers& n) {
    std::int64_t count = 0;
    for (std::int64_t i = n.live_replicas - 1; i >= 0; --i, ++count) {
        const GroupState state = state_at(groups, i);
        if (!state.ready || !state.updated) {
            break;
        }
    }
    return count;
}

// Step 5: lets at most U + (groups above R) roll beyond the finished tail, less those further down
// that are already unavailable.
std::int64_t rolling_partition(const std::vector<GroupState>& groups, const Numbers& n) {
    const std::int64_t step = n.unavailable + n.surge - (n.replicas + n.surge - n.live_replicas);
    const std::int64_t base = at_least_zero(n.live_replicas - finished_tail(groups, n) - step);
    std::int64_t partition = base;
    // One that keeps failing under the old template is not waited for: it would hold back the very
    // template that mends it.
    for (std::int64_t i = 0; i < std::min(base, n.live_replicas); ++i) {
        const GroupState state = state_at(groups, i);
        partition += state.ready || state.failing ? 0 : 1;
    }
    // A group that is down anyway, or new already, costs no availability: without this a rollout
    // that begins with all groups broken would never move.
    for (std::int64_t i = std::min(partition, n.live_replicas - 1); i >= base; --i) {
        const GroupState state = state_at(groups, i);
        if (state.ready && !state.updated) {
            break;
        }
        partition = i;
    }
    return std::min(partition, n.live_partition);
}

struct Wanted {
    std::int64_t partition;
    std::int64_t replicas;
    RolloutStep step;
    bool may_reclaim;  // the step takes surge groups back
};

Wanted decide(const RolloutInput& input, const Numbers& n) {
    if (!input.live) {
        return {0, n.replicas, RolloutStep::creation, false};
    }
    const auto want = [&n](std::int64_t unready) {
        return want_replicas(n.replicas, n.surge, n.unavailable, unready);
    };
    if (input.change == SpecChange::just_now) {
        const std::int64_t partition = std::min(n.replicas, n.live_replicas);
        const bool grow = n.live_replicas < n.replicas;
        return {partition, grow ? n.replicas : want(n.replicas), RolloutStep::new_revision, !grow};
    }
    if (n.live_partition == 0 && n.live_replicas == n.replicas) {
        return {0, n.replicas, RolloutStep::at_rest, false};
    }
    if (n.live_replicas < n.replicas) {
        return {n.live_partition, n.replicas, RolloutStep::scale_up_first, false};
    }
    const std::int64_t replicas = want(count_unready(input.groups, n));
    if (input.live->applied_set_replicas.value_or(input.replicas) != input.replicas) {
        const std::int64_t partition = std::min(n.live_partition, n.replicas + n.surge);
        return {partition, replicas, RolloutStep::scaled_during_rollout, true};
    }
    return {rolling_partition(input.groups, n), replicas, RolloutStep::rolling, true};
}

std::int32_t to_int32(std::int64_t value) {
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(value, 0, std::numeric_limits<std::int32_t>::max())
    );
}

}  // namespace

std::int64_t want_replicas(
    std::int64_t replicas, std::int64_t surge, std::int64_t unavailable, std::int64_t unready
) {
    // Enough surge groups to cover those that are still unavailable beyond the budget.
    return unready <= surge ? replicas + at_least_zero(unready - unavailable) : replicas + surge;
}

RolloutDecision decide_rollout(const RolloutInput& input) {
    Numbers n{};
    n.replicas = at_least_zero(input.replicas);
    n.surge = std::min(at_least_zero(input.max_surge), n.replicas);
    n.unavailable = at_least_zero(input.max_unavailable);
    if (input.live) {
        n.live_replicas = at_least_zero(input.live->replicas);
        n.live_partition = at_least_zero(input.live->partition);
    }
    const Wanted wanted = decide(input, n);
    RolloutDecision decision;
    decision.partition = to_int32(std::max(wanted.partition, at_least_zero(input.user_partition)));
    decision.replicas = to_int32(wanted.replicas);
    decision.step = wanted.step;
    decision.reclaims_surge = wanted.may_reclaim && wanted.replicas < n.live_replicas;
    return decision;
}

}  // namespace lws::rules
