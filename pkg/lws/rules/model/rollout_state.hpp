// SPDX-License-Identifier: Apache-2.0
// One set in a rollout, small enough to explore every state of it: its leader StatefulSet, its
// groups, its revisions and what the controller remembers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lws::rules::model {

inline constexpr int kMostGroups = 6;
inline constexpr int kMostRevisions = 5;

// Leader pod and worker StatefulSet of one ordinal.
enum class Phase : std::uint8_t {
    none,
    leftover,           // a leader beside the worker StatefulSet of the leader before it
    leftover_ready,     // the same, and that leader is ready: both look as if all were well
    starting,           // neither the leader nor its own workers are ready
    workers_not_ready,  // the leader is
    ready,
    draining,  // the leader is being deleted and still ready, its workers serve on
    leaving,   // the leader is being deleted and not ready
};

// The bytes must have unique representations, so there are no bit fields.
struct Group {
    Phase phase = Phase::none;
    std::uint8_t revision = 0;  // template that the leader was made of
    // Somebody else's doing, not the rollout's: see RolloutModel.
    std::uint8_t excused = 0;
    // Its workers are never ready under the template of this number less one, and the controller
    // knows; 0: none.
    std::uint8_t fails_under = 0;

    [[nodiscard]] bool fails() const { return fails_under == revision + 1; }

    friend bool operator==(const Group&, const Group&) = default;
};

struct RolloutState {
    std::array<Group, kMostGroups> groups{};

    // The leader StatefulSet.
    std::uint8_t exists = 0;
    std::uint8_t replicas = 0;
    std::uint8_t partition = 0;
    std::uint8_t max_unavailable = 1;   // as applied; the gate decides whether it counts
    std::uint8_t applied_replicas = 0;  // annotation `replicas`
    std::uint8_t update_revision = 0;   // of the template in its spec, and its label
    std::uint8_t current_revision = 0;  // status.currentRevision

    // The set.
    std::uint8_t set_template = 0;
    std::uint8_t shape = 0;  // index into RolloutScope::shapes

    // Templates of its ControllerRevisions, the oldest first.
    std::uint8_t revision_count = 0;
    std::array<std::uint8_t, kMostRevisions> revisions{};

    // The controller's memory: what it applied, what it compared.
    std::uint8_t remembers = 0;

    // Surge groups that a change of the set takes back while they may be counted on.
    std::uint8_t lost_surge = 0;

    // How often the environment may still interfere.
    std::uint8_t changes_left = 0;
    std::uint8_t failures_left = 0;
    std::uint8_t crashes_left = 0;

    friend bool operator==(const RolloutState&, const RolloutState&) = default;

    [[nodiscard]] bool has_revision(int wanted) const;
};

// spec.replicas and the rollout configuration; `surge` and `unavailable` are the numbers that the
// texts mean at these replicas, worked out by hand.
struct Shape {
    int replicas = 1;
    std::string_view surge_text = "0";
    std::string_view unavailable_text = "1";
    int partition = 0;
    int surge = 0;
    int unavailable = 1;
};

enum class Gate : std::uint8_t { off, on };  // MaxUnavailableStatefulSet

// What an exploration covers.
struct RolloutScope {
    std::vector<Shape> shapes;  // the set may change from each to any later one
    Gate gate = Gate::off;
    int templates = 2;      // that the set may change to
    int bad_template = -1;  // pods of this one never become ready
    // A failure may be for good: under its template, which the set left or will leave, the group
    // fails again and again.
    bool failures_last = false;
    int changes = 1;
    int failures = 0;
    int crashes = 0;
    enum class Start : std::uint8_t { nothing, settled } start = Start::settled;
};

[[nodiscard]] inline bool is_ready(Phase phase) {
    return phase == Phase::ready || phase == Phase::draining;
}

[[nodiscard]] std::string describe(const RolloutState& state);

}  // namespace lws::rules::model
