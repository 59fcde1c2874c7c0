// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/leader_worker_set.hpp"

#include <algorithm>
#include <limits>

#include "pkg/lws/api/labels.hpp"

namespace lws::api {
namespace {

std::optional<std::string_view> find(const StringMap& map, std::string_view key) {
    const auto found = map.find(key);
    if (found == map.end()) {
        return std::nullopt;
    }
    return found->second;
}

std::optional<std::string_view> non_empty(std::optional<std::string_view> text) {
    return text && !text->empty() ? text : std::nullopt;
}

std::int32_t at_least_zero(std::optional<std::int64_t> value) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(value.value_or(0), 0, kMax));
}

json::View template_of(json::View set, std::string_view key) {
    const json::View pod_template = set["spec"]["leaderWorkerTemplate"][key];
    return pod_template.is_object() ? pod_template : json::View();
}

}  // namespace

std::optional<std::string_view> Metadata::label(std::string_view key) const {
    return find(labels, key);
}

std::optional<std::string_view> Metadata::annotation(std::string_view key) const {
    return find(annotations, key);
}

RestartPolicy LeaderWorkerSet::effective_restart_policy() const {
    const RestartPolicy policy = spec.leader_worker_template.restart_policy;
    if (policy == RestartPolicy::recreate_group_on_pod_restart &&
        metadata.annotation(kRecreateGroupAfterStartAnnotation)) {
        return RestartPolicy::recreate_group_after_start;
    }
    return policy;
}

std::int32_t LeaderWorkerSet::max_surge() const {
    const auto surge = spec.rollout_strategy.max_surge.scaled(spec.replicas, Rounding::up);
    return std::min(at_least_zero(surge), std::max(spec.replicas, 0));
}

std::int32_t LeaderWorkerSet::max_unavailable() const {
    return at_least_zero(spec.rollout_strategy.max_unavailable.scaled(spec.replicas, Rounding::down)
    );
}

std::optional<std::int32_t> LeaderWorkerSet::sub_group_size() const {
    const auto& policy = spec.leader_worker_template.sub_group_policy;
    if (!policy || policy->sub_group_size.value_or(0) < 1) {
        return std::nullopt;
    }
    return policy->sub_group_size;
}

std::optional<std::string_view> LeaderWorkerSet::exclusive_topology() const {
    return non_empty(metadata.annotation(kExclusiveTopologyAnnotation));
}

std::optional<std::string_view> LeaderWorkerSet::subgroup_exclusive_topology() const {
    if (!spec.leader_worker_template.sub_group_policy) {
        return std::nullopt;
    }
    return non_empty(metadata.annotation(kSubgroupExclusiveTopologyAnnotation));
}

std::optional<std::int64_t> LeaderWorkerSet::restart_grace_period_seconds() const {
    const auto text = metadata.annotation(kRestartGracePeriodAnnotation);
    if (!text) {
        return std::nullopt;
    }
    const auto seconds = parse_decimal(*text);
    if (seconds.value_or(0) < 1) {
        return std::nullopt;
    }
    return seconds;
}

bool LeaderWorkerSet::parallel_pod_termination() const {
    return metadata.annotation(kPodTerminationPolicyAnnotation) == kParallelTermination;
}

json::View leader_template(json::View set) {
    const json::View own = template_of(set, "leaderTemplate");
    return own.exists() ? own : worker_template(set);
}

json::View worker_template(json::View set) {
    return template_of(set, "workerTemplate");
}

bool has_own_leader_template(json::View set) {
    return template_of(set, "leaderTemplate").exists();
}

json::View volume_claim_templates(json::View set) {
    const json::View claims = set["spec"]["leaderWorkerTemplate"]["volumeClaimTemplates"];
    return claims.is_array() ? claims : json::View();
}

std::string_view to_string(RestartPolicy policy) {
    switch (policy) {
        case RestartPolicy::none:
            return "None";
        case RestartPolicy::recreate_group_on_pod_restart:
            return "RecreateGroupOnPodRestart";
        case RestartPolicy::recreate_group_after_start:
            return "RecreateGroupAfterStart";
        case RestartPolicy::unknown:
            break;
    }
    return "Unknown";
}

std::string_view to_string(StartupPolicy policy) {
    switch (policy) {
        case StartupPolicy::leader_created:
            return "LeaderCreated";
        case StartupPolicy::leader_ready:
            return "LeaderReady";
        case StartupPolicy::unknown:
            break;
    }
    return "Unknown";
}

std::string_view to_string(SubdomainPolicy policy) {
    switch (policy) {
        case SubdomainPolicy::shared:
            return "Shared";
        case SubdomainPolicy::unique_per_replica:
            return "UniquePerReplica";
        case SubdomainPolicy::unknown:
            break;
    }
    return "Unknown";
}

std::string_view to_string(SubGroupPolicyType type) {
    switch (type) {
        case SubGroupPolicyType::leader_worker:
            return "LeaderWorker";
        case SubGroupPolicyType::leader_excluded:
            return "LeaderExcluded";
        case SubGroupPolicyType::unknown:
            break;
    }
    return "Unknown";
}

}  // namespace lws::api
