// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "pkg/lws/support/result.hpp"

namespace lws::config {

// What CREATE does with a set whose name is too long for its pods: `warn` is for restores and
// GitOps.
enum class LongNames { deny, warn };

struct WebhookSettings {
    LongNames long_names = LongNames::deny;
    // Threads that answer reviews; 0: one for each processor, at most 8.
    std::uint32_t threads = 0;
    std::uint32_t max_connections = 2000;
    std::uint32_t max_in_flight = 512;
    // How long an idle connection stays open once the process was told to stop.
    std::chrono::nanoseconds drain_idle = std::chrono::seconds(95);
    // How long new connections are accepted after that moment, at least: the proxies of a large
    // cluster take this long to forget an endpoint.
    std::chrono::nanoseconds drain_accept = std::chrono::seconds(15);

    friend bool operator==(const WebhookSettings&, const WebhookSettings&) = default;
};

// What lws-controller does with groups that fail again and again.
struct RecreationBackoff {
    // How long workers wait at the second recreation; 0 s: never, as upstream.
    std::chrono::seconds first{10};
    // Doubled with each further recreation up to this.
    std::chrono::seconds most{300};
    // So long healthy, and a group counts as one that never failed.
    std::chrono::seconds reset_after{600};

    friend bool operator==(const RecreationBackoff&, const RecreationBackoff&) = default;
};

// Whether a restarted native sidecar (init container with restartPolicy Always) recreates its
// group.
enum class SidecarRestarts { count, ignore };

struct ControllerSettings {
    RecreationBackoff recreation_backoff;
    SidecarRestarts sidecar_restarts = SidecarRestarts::count;

    friend bool operator==(const ControllerSettings&, const ControllerSettings&) = default;
};

// Our own settings, in a file of their own (`--extra-config`): kubernetes-sigs/lws refuses unknown
// members in the shared file, so a cluster could not be handed back to it.
struct ExtraConfiguration {
    WebhookSettings webhook;
    ControllerSettings controller;

    friend bool operator==(const ExtraConfiguration&, const ExtraConfiguration&) = default;
};

// `kind: ExtraConfiguration` of config.lws.x-k8s.io/v1alpha1; as strict as parse_configuration.
[[nodiscard]] Result<ExtraConfiguration> parse_extra_configuration(std::string_view yaml);

}  // namespace lws::config
