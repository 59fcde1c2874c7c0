// SPDX-License-Identifier: Apache-2.0
// What keeps a group from running that people should know of: found by the group's pass, told in
// events once, and said by the set's condition as long as it lasts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/rules/groups/group_id.hpp"

namespace lws::rules {

// How long after the end of its grace period a pod counts as stuck.
inline constexpr std::chrono::seconds kStuckAfter{60};

struct StuckPod {
    std::string name;
    std::string uid;
    std::string node;

    friend bool operator==(const StuckPod&, const StuckPod&) = default;
};

struct GroupTrouble {
    // Workers wait until then, because the group was recreated so many times.
    std::optional<k8s::Seconds> held_until;
    std::uint32_t recreations = 0;
    std::vector<StuckPod> stuck;
    // Another's object in the place of one of the group's; empty when there is none.
    std::string conflict;

    [[nodiscard]] bool any() const { return held_until || !stuck.empty() || !conflict.empty(); }

    friend bool operator==(const GroupTrouble&, const GroupTrouble&) = default;
};

// When the pod counts as stuck, if nothing happens until then: its grace period is over and its
// kubelet has not said that its containers ended, so the node is lost or the pod hangs. Nothing for
// a pod that is not being deleted, was never on a node, or waits only for a finalizer.
[[nodiscard]] std::optional<k8s::Seconds> stuck_at(const k8s::Pod& pod);

struct TroubledGroup {
    GroupId group{0};
    GroupTrouble trouble;
};

// For a condition's message: `group 3 was recreated 4 times, its workers wait until T; pod P is
// stuck in termination on node N`, the first few and how many more; empty when there is nothing.
[[nodiscard]] std::string describe_troubles(const std::vector<TroubledGroup>& troubles);

}  // namespace lws::rules
