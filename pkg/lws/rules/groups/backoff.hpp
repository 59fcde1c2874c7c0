// SPDX-License-Identifier: Apache-2.0
// How long the workers of a group that fails again and again are held back. The failed group itself
// is taken down at once and its leader comes back at once; only the workers wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pkg/lws/k8s/meta.hpp"
#include "pkg/lws/k8s/pod.hpp"

namespace lws::rules {

struct BackoffSettings {
    // The delay of the second recreation; the first never waits. Zero: nobody waits, as upstream.
    std::chrono::seconds first{10};
    // The delay doubles up to this.
    std::chrono::seconds most{300};
    // A group that was healthy for so long has never failed.
    std::chrono::seconds reset_after{600};

    [[nodiscard]] bool on() const { return first > std::chrono::seconds::zero(); }

    friend bool operator==(const BackoffSettings&, const BackoffSettings&) = default;
};

// How often a group was recreated under one revision key. Which group and which set is the holder's
// to know.
struct Recreations {
    std::uint64_t revision = 0;  // hash of the key
    std::uint32_t count = 0;
    // When workers may be created; known once the leader that follows the last recreation exists.
    std::optional<k8s::Seconds> next;

    friend bool operator==(const Recreations&, const Recreations&) = default;
};

// After `count` recreations: 0, first, 2 * first, ..., most.
[[nodiscard]] std::chrono::seconds workers_delay(
    const BackoffSettings& settings, std::uint32_t count
);

// It failed again soon after it was recreated; once may be chance.
[[nodiscard]] bool keeps_failing(const Recreations& past);

// One more, of a group whose leader carries this key.
[[nodiscard]] Recreations count_recreation(const Recreations& past, std::string_view revision_key);

// What counts for this leader: nothing under another key; and the delay begins with the first
// leader after a recreation.
[[nodiscard]] Recreations follow_leader(
    const Recreations& past,
    const k8s::Pod& leader,
    const BackoffSettings& settings,
    k8s::Seconds now
);

// The leader came while the delay was running: until its workers exist, its own failures are part
// of the wait and do not count.
[[nodiscard]] bool is_held_leader(const Recreations& past, const k8s::Pod& leader);

}  // namespace lws::rules
