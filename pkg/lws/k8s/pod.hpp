// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pkg/lws/k8s/meta.hpp"

namespace lws::k8s {

enum class PodPhase { pending, running, succeeded, failed, unknown };

// What is decided on of a pod; the template is not kept (a controller holds thousands of these).
struct Pod {
    ObjectKey key;
    std::string uid;
    std::string resource_version;
    std::optional<Owner> controller;

    // Labels; empty when absent.
    std::string set_name;
    std::string group_index;
    std::optional<std::string> worker_index;  // its absence is an error of its own
    std::string revision_key;
    std::string group_key;  // kept for leaders only: workers' is never read

    // Annotations; empty when absent.
    std::string size;
    std::string leader_name;
    std::string pod_group_name;
    bool unique_subdomain = false;  // subdomainPolicy is UniquePerReplica

    std::string node_name;
    std::optional<Seconds> created;
    // Set by the API server to the end of the grace period.
    std::optional<Seconds> deletion_time;
    // spec.terminationGracePeriodSeconds.
    std::int32_t grace_seconds = 30;
    // metadata.deletionGracePeriodSeconds: what this deletion grants; 0 once the kubelet said that
    // the containers have ended.
    std::optional<std::int32_t> deletion_grace;
    PodPhase phase = PodPhase::unknown;
    bool ready = false;  // the Ready condition alone, whatever the phase
    // The last change of the Ready condition.
    std::optional<Seconds> ready_changed;
    // A restartCount > 0 of any container or init container.
    bool restarted = false;
    // The same without native sidecars (init containers with restartPolicy Always).
    bool restarted_beyond_sidecars = false;
    bool requests_tpus = false;  // any container or init container asks for google.com/tpu

    // worker-index is exactly `0` (upstream v0.10, pkg/utils/pod: `00` is a worker).
    [[nodiscard]] bool is_leader() const { return worker_index == "0"; }
    [[nodiscard]] bool is_deleting() const { return deletion_time.has_value(); }
    [[nodiscard]] bool is_running_and_ready() const { return phase == PodPhase::running && ready; }

    friend bool operator==(const Pod&, const Pod&) = default;
};

[[nodiscard]] Result<Pod> read_pod(json::View object);

[[nodiscard]] ObjectReference reference_to(const Pod& pod);

}  // namespace lws::k8s
