// SPDX-License-Identifier: Apache-2.0
// Every key that the API puts on objects, once. Source: kubernetes-sigs/lws v0.10,
// api/leaderworkerset/v1/leaderworkerset_types.go, and its scheduler provider.
#pragma once

#include <string_view>

namespace lws::api {

inline constexpr std::string_view kGroup = "leaderworkerset.x-k8s.io";
inline constexpr std::string_view kApiVersion = "leaderworkerset.x-k8s.io/v1";
inline constexpr std::string_view kKind = "LeaderWorkerSet";
inline constexpr std::string_view kResource = "leaderworkersets";

// Labels.
inline constexpr std::string_view kSetNameLabel = "leaderworkerset.sigs.k8s.io/name";
inline constexpr std::string_view kGroupIndexLabel = "leaderworkerset.sigs.k8s.io/group-index";
inline constexpr std::string_view kWorkerIndexLabel = "leaderworkerset.sigs.k8s.io/worker-index";
inline constexpr std::string_view kGroupKeyLabel = "leaderworkerset.sigs.k8s.io/group-key";
inline constexpr std::string_view kRevisionKeyLabel =
    "leaderworkerset.sigs.k8s.io/template-revision-hash";
inline constexpr std::string_view kSubgroupIndexLabel =
    "leaderworkerset.sigs.k8s.io/subgroup-index";
inline constexpr std::string_view kSubgroupKeyLabel = "leaderworkerset.sigs.k8s.io/subgroup-key";

// Annotations.
inline constexpr std::string_view kSizeAnnotation = "leaderworkerset.sigs.k8s.io/size";
inline constexpr std::string_view kReplicasAnnotation = "leaderworkerset.sigs.k8s.io/replicas";
inline constexpr std::string_view kLeaderNameAnnotation = "leaderworkerset.sigs.k8s.io/leader-name";
inline constexpr std::string_view kExclusiveTopologyAnnotation =
    "leaderworkerset.sigs.k8s.io/exclusive-topology";
inline constexpr std::string_view kSubgroupExclusiveTopologyAnnotation =
    "leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology";
inline constexpr std::string_view kSubgroupSizeAnnotation =
    "leaderworkerset.sigs.k8s.io/subgroup-size";
inline constexpr std::string_view kSubgroupPolicyTypeAnnotation =
    "leaderworkerset.sigs.k8s.io/subgroup-policy-type";
inline constexpr std::string_view kSubdomainPolicyAnnotation =
    "leaderworkerset.sigs.k8s.io/subdomainPolicy";
inline constexpr std::string_view kLeaderRequestsTpusAnnotation =
    "leaderworkerset.sigs.k8s.io/leader-requests-tpus";
inline constexpr std::string_view kRecreateGroupAfterStartAnnotation =
    "leaderworkerset.sigs.k8s.io/experimental-recreate-group-after-start";
// Ours, beyond upstream: how workers leave with their leader, and a bound on a failed group's
// grace.
inline constexpr std::string_view kPodTerminationPolicyAnnotation =
    "leaderworkerset.sigs.k8s.io/pod-termination-policy";
inline constexpr std::string_view kRestartGracePeriodAnnotation =
    "leaderworkerset.sigs.k8s.io/restart-grace-period-seconds";
// Ours, on the leader StatefulSet: what the controller remembers of the set's groups
// (pkg/lws/rules/groups/group_mark.hpp).
inline constexpr std::string_view kGroupMemoryAnnotation =
    "leaderworkerset.sigs.k8s.io/group-memory";
// Of the scheduler, for gang scheduling (scheduling.k8s.io).
inline constexpr std::string_view kPodGroupNameAnnotation = "scheduling.k8s.io/group-name";

// Environment of every container.
inline constexpr std::string_view kLeaderAddressEnv = "LWS_LEADER_ADDRESS";
inline constexpr std::string_view kGroupSizeEnv = "LWS_GROUP_SIZE";
inline constexpr std::string_view kWorkerIndexEnv = "LWS_WORKER_INDEX";

inline constexpr std::string_view kTpuResource = "google.com/tpu";

}  // namespace lws::api
