// SPDX-License-Identifier: Apache-2.0
// The LeaderWorkerSet as this project decides on it. Source of fields and defaults:
// kubernetes-sigs/lws v0.10, api/leaderworkerset/v1/leaderworkerset_types.go.
#pragma once

#include <boost/container/flat_map.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/api/int_or_string.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::api {

// Sorted by key; find() takes a string_view.
using StringMap = boost::container::flat_map<std::string, std::string, std::less<>>;

// Each `unknown` is a text that the CRD's schema does not allow. It is kept apart from the others,
// so that nothing written for one of them happens by accident.
enum class RestartPolicy : std::uint8_t {
    none,
    recreate_group_on_pod_restart,
    recreate_group_after_start,
    unknown
};
enum class StartupPolicy : std::uint8_t { leader_created, leader_ready, unknown };
enum class SubdomainPolicy : std::uint8_t { shared, unique_per_replica, unknown };
enum class SubGroupPolicyType : std::uint8_t { leader_worker, leader_excluded, unknown };

struct Metadata {
    std::string name;
    std::string generate_name;
    std::string namespace_name;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
    bool deleting = false;  // a deletionTimestamp is there
    StringMap labels;
    StringMap annotations;

    // Nothing when absent; an empty value counts as present.
    [[nodiscard]] std::optional<std::string_view> label(std::string_view key) const;
    [[nodiscard]] std::optional<std::string_view> annotation(std::string_view key) const;

    friend bool operator==(const Metadata&, const Metadata&) = default;
};

struct SubGroupPolicy {
    // Absent acts as leader_worker, but then pods carry no subgroup-policy-type annotation.
    std::optional<SubGroupPolicyType> type;
    // Absent only in objects that were stored without validation; then no pod gets a subgroup.
    std::optional<std::int32_t> sub_group_size;

    friend bool operator==(const SubGroupPolicy&, const SubGroupPolicy&) = default;
};

// Plain strings, as in the CRD: `Retain`, `Delete`, or empty when the member is absent.
struct ClaimRetentionPolicy {
    std::string when_deleted;
    std::string when_scaled;

    friend bool operator==(const ClaimRetentionPolicy&, const ClaimRetentionPolicy&) = default;
};

// The pod templates and claim templates stay in the document: see leader_template() below.
struct LeaderWorkerTemplate {
    std::int32_t size = 1;
    // `Default` in the object is none here. The annotation of effective_restart_policy() is not
    // looked at.
    RestartPolicy restart_policy = RestartPolicy::recreate_group_on_pod_restart;
    std::optional<SubGroupPolicy> sub_group_policy;
    std::optional<ClaimRetentionPolicy> claim_retention_policy;

    friend bool operator==(const LeaderWorkerTemplate&, const LeaderWorkerTemplate&) = default;
};

struct RolloutStrategy {
    std::string type = "RollingUpdate";
    std::int32_t partition = 0;
    IntOrString max_unavailable{1};
    IntOrString max_surge{0};

    friend bool operator==(const RolloutStrategy&, const RolloutStrategy&) = default;
};

struct Spec {
    std::int32_t replicas = 1;
    LeaderWorkerTemplate leader_worker_template;
    RolloutStrategy rollout_strategy;
    StartupPolicy startup_policy = StartupPolicy::leader_created;
    SubdomainPolicy subdomain_policy = SubdomainPolicy::shared;

    friend bool operator==(const Spec&, const Spec&) = default;
};

// metav1.Condition. Times stay as their RFC 3339 text.
struct Condition {
    std::string type;
    std::string status;
    std::int64_t observed_generation = 0;
    std::string last_transition_time;
    std::string reason;
    std::string message;

    friend bool operator==(const Condition&, const Condition&) = default;
};

struct Status {
    std::int32_t replicas = 0;
    std::int32_t ready_replicas = 0;
    std::int32_t updated_replicas = 0;
    std::string hpa_pod_selector;
    std::int64_t observed_generation = 0;
    std::vector<Condition> conditions;

    friend bool operator==(const Status&, const Status&) = default;
};

// An object that was never defaulted (no webhook yet, or an older schema) reads as if it had been:
// every absent or null member holds the API's default. Owns all of its text; copies freely.
struct LeaderWorkerSet {
    Metadata metadata;
    Spec spec;
    Status status;

    // The policy that restarts follow: RecreateGroupOnPodRestart together with the annotation
    // experimental-recreate-group-after-start acts as RecreateGroupAfterStart.
    [[nodiscard]] RestartPolicy effective_restart_policy() const;

    // Scaled by replicas: maxSurge rounded up and at most replicas, maxUnavailable rounded down.
    // Never negative; a text that cannot be scaled counts as 0.
    [[nodiscard]] std::int32_t max_surge() const;
    [[nodiscard]] std::int32_t max_unavailable() const;

    // Of the subgroup policy, when it is there with a size of at least 1.
    [[nodiscard]] std::optional<std::int32_t> sub_group_size() const;

    // The key, or nothing when the annotation is absent or empty.
    [[nodiscard]] std::optional<std::string_view> exclusive_topology() const;
    // The same; nothing also without a subgroup policy.
    [[nodiscard]] std::optional<std::string_view> subgroup_exclusive_topology() const;

    // Annotations of ours. Seconds, at least 1; nothing when absent or anything else.
    [[nodiscard]] std::optional<std::int64_t> restart_grace_period_seconds() const;
    [[nodiscard]] bool parallel_pod_termination() const;

    friend bool operator==(const LeaderWorkerSet&, const LeaderWorkerSet&) = default;
};

// Total on any JSON. ErrorCode::invalid_input when a member that the API types know has a type
// that Go's decoder would refuse; the message names it: `spec.replicas: expected integer, got
// string`. Members of the pod templates are not looked at, only that a template is an object.
// Unknown members and unknown enum texts are no errors.
[[nodiscard]] Result<LeaderWorkerSet> read_leader_worker_set(json::View set);
// Its error, if there is one. Copies nothing.
[[nodiscard]] Result<void> check_leader_worker_set(json::View set);

// What the struct does not copy. Views into the set's document; missing when absent or null.
// The leader's template is the worker's when the set has none of its own.
[[nodiscard]] json::View leader_template(json::View set);
[[nodiscard]] json::View worker_template(json::View set);
[[nodiscard]] bool has_own_leader_template(json::View set);
// An array, or missing.
[[nodiscard]] json::View volume_claim_templates(json::View set);

// The only value of the annotation pod-termination-policy that changes anything.
inline constexpr std::string_view kParallelTermination = "Parallel";

// The texts of the API, for writing them into annotations and messages; `Unknown` is none of them.
[[nodiscard]] std::string_view to_string(RestartPolicy policy);
[[nodiscard]] std::string_view to_string(StartupPolicy policy);
[[nodiscard]] std::string_view to_string(SubdomainPolicy policy);
[[nodiscard]] std::string_view to_string(SubGroupPolicyType type);

}  // namespace lws::api
