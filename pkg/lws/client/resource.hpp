// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lws::client {

// Where a kind lives in the API. Texts must outlive it: use the constants below or literals.
struct Resource {
    std::string_view group;  // empty: core
    std::string_view version;
    std::string_view plural;
    bool namespaced;

    constexpr Resource(
        std::string_view g, std::string_view v, std::string_view p, bool has_namespace
    )
        : group(g), version(v), plural(p), namespaced(has_namespace) {}

    friend constexpr bool operator==(const Resource&, const Resource&) = default;
};

inline constexpr Resource kPods{"", "v1", "pods", true};
inline constexpr Resource kServices{"", "v1", "services", true};
inline constexpr Resource kSecrets{"", "v1", "secrets", true};
inline constexpr Resource kPersistentVolumeClaims{"", "v1", "persistentvolumeclaims", true};
inline constexpr Resource kNodes{"", "v1", "nodes", false};
inline constexpr Resource kStatefulSets{"apps", "v1", "statefulsets", true};
inline constexpr Resource kControllerRevisions{"apps", "v1", "controllerrevisions", true};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases", true};
inline constexpr Resource kEvents{"events.k8s.io", "v1", "events", true};
inline constexpr Resource kCoreEvents{"", "v1", "events", true};
inline constexpr Resource kLeaderWorkerSets{
    "leaderworkerset.x-k8s.io", "v1", "leaderworkersets", true
};
// Volcano's unit of gang scheduling, a custom resource.
inline constexpr Resource kPodGroups{"scheduling.volcano.sh", "v1beta1", "podgroups", true};
inline constexpr Resource kMutatingWebhookConfigurations{
    "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", false
};
inline constexpr Resource kValidatingWebhookConfigurations{
    "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", false
};
inline constexpr Resource kCustomResourceDefinitions{
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", false
};

}  // namespace lws::client
