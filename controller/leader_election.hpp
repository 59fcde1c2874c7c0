// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::controller {

// Leader election on a coordination.k8s.io/v1 Lease, in the manner of client-go's
// tools/leaderelection, as a state machine without clock or socket; leader_election_lease.hpp
// performs it.
struct ElectionConfig {
    std::string ns;
    std::string name;
    std::string identity;  // unique to this process
    std::chrono::milliseconds lease_duration{15000};
    std::chrono::milliseconds renew_deadline{10000};
    std::chrono::milliseconds retry_period{2000};

    ElectionConfig() {}
};

// The rules of client-go: lease_duration > renew_deadline > 1.2 * retry_period > 0, a whole number
// of seconds of lease at least 1, and no empty name.
[[nodiscard]] Result<void> check(const ElectionConfig& config);

// Time since boot, suspension included: a process that slept must not believe in its lease.
using BootTime = std::chrono::nanoseconds;
[[nodiscard]] BootTime boot_time_now();

struct ElectionTime {
    BootTime boot{0};
    std::chrono::system_clock::time_point wall;  // only for what is written into the lease
};

// What we read or write of a Lease. Times are kept as the text they came in.
struct LeaseRecord {
    std::string resource_version;
    std::string holder;
    std::int64_t duration_seconds{0};
    std::string acquire_time;
    std::string renew_time;
    std::int64_t transitions{0};

    LeaseRecord() {}
    friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

// Absent members read as empty; a wrong type anywhere is an error that names it.
[[nodiscard]] Result<LeaseRecord> read_lease(json::View lease);
// The body of a create; of a merge patch (with resourceVersion, so that another writer is noticed).
[[nodiscard]] std::string make_lease(const ElectionConfig& config, const LeaseRecord& record);
[[nodiscard]] std::string make_lease_patch(const LeaseRecord& record);

enum class ElectionPhase { idle, reading, creating, updating, waiting, releasing, ended };

struct ElectionState {
    ElectionPhase phase{ElectionPhase::idle};
    std::optional<LeaseRecord> observed;  // the lease as last seen
    BootTime observed_at{0};              // when it was last seen to change
    LeaseRecord written;                  // what is being written
    BootTime attempt_at{0};               // when the write on its way began
    std::optional<BootTime> renewed_at;   // we lead; when the last good write began
    bool stopping{false};

    ElectionState() = default;
};

namespace election_input {
struct Start {};
struct Read {
    LeaseRecord lease;
};
struct Missing {};  // the lease does not exist
struct Written {
    LeaseRecord lease;
};
struct Failed {  // read or write; conflicts and existing leases included
    ErrorCode code;
};
struct TimerFired {};
struct Stop {};  // we want to end: release what we hold
}  // namespace election_input

using ElectionInput = std::variant<
    election_input::Start,
    election_input::Read,
    election_input::Missing,
    election_input::Written,
    election_input::Failed,
    election_input::TimerFired,
    election_input::Stop>;

enum class ElectionActionKind { read, create, update, wait, end };
enum class ElectionEvent { none, elected, lost, other_leader };

struct ElectionStep {
    ElectionState state;
    ElectionActionKind action{ElectionActionKind::wait};
    std::chrono::milliseconds delay{0};    // of wait
    std::chrono::milliseconds timeout{0};  // of read, create, update
    ElectionEvent event{ElectionEvent::none};

    ElectionStep() = default;
};

[[nodiscard]] ElectionStep step(
    ElectionState state,
    const ElectionInput& input,
    const ElectionConfig& config,
    const ElectionTime& now
);

[[nodiscard]] bool leads(const ElectionState& state);

// How long a request that starts now may last: zero later than renew_deadline after the last
// renewal (and when we do not lead), else until the lease can pass to another.
[[nodiscard]] std::chrono::milliseconds request_allowance(
    const ElectionState& state, const ElectionConfig& config, BootTime now
);

}  // namespace lws::controller
