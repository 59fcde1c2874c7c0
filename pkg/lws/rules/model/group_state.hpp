// SPDX-License-Identifier: Apache-2.0
// One group of a leader and two workers with every object told apart by UID: leader pods of several
// incarnations follow each other, and what an earlier one left is still there.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "pkg/lws/api/leader_worker_set.hpp"

namespace lws::rules::model {

inline constexpr int kWorkers = 2;

enum class Deletion : std::uint8_t {
    none,
    background,
    foreground,  // waits for its dependents
};

// UIDs are numbers from 1, each kind and name of its own; 0: there is no such object.
struct PodState {
    std::uint8_t uid = 0;
    std::uint8_t owner = 0;  // of a worker: UID of its StatefulSet
    Deletion deletion = Deletion::none;
    std::uint8_t running = 0;  // and ready; else Pending
    std::uint8_t restarted = 0;

    friend bool operator==(const PodState&, const PodState&) = default;
};

struct WorkersState {
    std::uint8_t uid = 0;
    std::uint8_t owner = 0;  // UID of a leader
    Deletion deletion = Deletion::none;

    friend bool operator==(const WorkersState&, const WorkersState&) = default;
};

// What the API server holds, or a cache of it.
struct GroupObjects {
    PodState leader;
    std::array<PodState, kWorkers> workers{};
    WorkersState stateful_set;

    friend bool operator==(const GroupObjects&, const GroupObjects&) = default;
};

// GroupMemory in numbers.
struct MemoryState {
    std::uint8_t leader = 0;
    std::uint8_t complete = 0;
    std::array<std::uint8_t, kWorkers> workers{};
    std::uint8_t deletion_requested = 0;

    friend bool operator==(const MemoryState&, const MemoryState&) = default;
};

struct GroupModelState {
    GroupObjects live;
    // What the controller sees: the live objects as they are now, or were once.
    GroupObjects cache;
    MemoryState memory;

    // UIDs given so far.
    std::uint8_t leaders = 0;
    std::uint8_t stateful_sets = 0;
    std::array<std::uint8_t, kWorkers> pods{};

    // About the live leader: something of its own incarnation failed, and we deleted it and know.
    std::uint8_t has_cause = 0;
    std::uint8_t asked = 0;

    std::uint8_t failures_left = 0;
    std::uint8_t crashes_left = 0;
    std::uint8_t lost_answers_left = 0;

    friend bool operator==(const GroupModelState&, const GroupModelState&) = default;
};

struct GroupScope {
    api::RestartPolicy policy = api::RestartPolicy::recreate_group_on_pod_restart;
    api::StartupPolicy startup = api::StartupPolicy::leader_created;
    int failures = 1;
    int crashes = 0;
    int lost_answers = 0;
    enum class Caches : std::uint8_t { current, lagging } caches = Caches::current;
};

[[nodiscard]] std::string describe(const GroupModelState& state);

}  // namespace lws::rules::model
