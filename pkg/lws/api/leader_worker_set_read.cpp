// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>
#include <type_traits>
#include <utility>

#include "pkg/lws/api/field_reader.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"

namespace lws::api {
namespace {

template <class Enum>
using Names = std::initializer_list<std::pair<std::string_view, Enum>>;

template <class Enum>
std::optional<Enum> read_enum(
    const FieldReader& reader, std::string_view key, Names<std::type_identity_t<Enum>> names
) {
    const auto text = reader.optional_text(key);
    if (!text) {
        return std::nullopt;
    }
    for (const auto& [name, value] : names) {
        if (*text == name) {
            return value;
        }
    }
    return Enum::unknown;
}

Metadata read_metadata(const FieldReader& reader) {
    Metadata metadata;
    reader.text("name", metadata.name);
    reader.text("generateName", metadata.generate_name);
    reader.text("namespace", metadata.namespace_name);
    reader.text("uid", metadata.uid);
    reader.text("resourceVersion", metadata.resource_version);
    reader.int64("generation", metadata.generation);
    metadata.deleting = reader.optional_text("deletionTimestamp").has_value();
    reader.string_map("labels", metadata.labels);
    reader.string_map("annotations", metadata.annotations);
    reader.expect_strings("finalizers");
    reader.each_object("ownerReferences", [](const FieldReader&) {});
    reader.each_object("managedFields", [](const FieldReader&) {});
    return metadata;
}

std::optional<SubGroupPolicy> read_sub_group_policy(const FieldReader& reader) {
    if (!reader.exists()) {
        return std::nullopt;
    }
    SubGroupPolicy policy;
    policy.type = read_enum<SubGroupPolicyType>(
        reader,
        "subGroupPolicyType",
        {{"LeaderWorker", SubGroupPolicyType::leader_worker},
         {"LeaderExcluded", SubGroupPolicyType::leader_excluded}}
    );
    reader.int32("subGroupSize", policy.sub_group_size);
    return policy;
}

std::optional<ClaimRetentionPolicy> read_claim_retention_policy(const FieldReader& reader) {
    if (!reader.exists()) {
        return std::nullopt;
    }
    ClaimRetentionPolicy policy;
    reader.text("whenDeleted", policy.when_deleted);
    reader.text("whenScaled", policy.when_scaled);
    return policy;
}

LeaderWorkerTemplate read_leader_worker_template(const FieldReader& reader) {
    LeaderWorkerTemplate out;
    reader.int32("size", out.size);
    // The empty text is absent to the webhook; Default is the old name of None.
    const auto restart_policy = read_enum<RestartPolicy>(
        reader,
        "restartPolicy",
        {{"", RestartPolicy::recreate_group_on_pod_restart},
         {"Default", RestartPolicy::none},
         {"None", RestartPolicy::none},
         {"RecreateGroupOnPodRestart", RestartPolicy::recreate_group_on_pod_restart},
         {"RecreateGroupAfterStart", RestartPolicy::recreate_group_after_start}}
    );
    out.restart_policy = restart_policy.value_or(out.restart_policy);
    out.sub_group_policy = read_sub_group_policy(reader.object("subGroupPolicy"));
    out.claim_retention_policy =
        read_claim_retention_policy(reader.object("persistentVolumeClaimRetentionPolicy"));
    // Type checks only: templates are carried, not decided on.
    (void)reader.object("leaderTemplate");
    (void)reader.object("workerTemplate");
    reader.each_object("volumeClaimTemplates", [](const FieldReader&) {});
    return out;
}

RolloutStrategy read_rollout_strategy(const FieldReader& reader) {
    RolloutStrategy strategy;
    reader.text("type", strategy.type);
    if (strategy.type.empty()) {
        strategy.type = RolloutStrategy().type;
    }
    const FieldReader rolling = reader.object("rollingUpdateConfiguration");
    rolling.int32("partition", strategy.partition);
    rolling.int_or_string("maxUnavailable", strategy.max_unavailable);
    rolling.int_or_string("maxSurge", strategy.max_surge);
    return strategy;
}

Spec read_spec(const FieldReader& reader) {
    Spec spec;
    reader.int32("replicas", spec.replicas);
    spec.leader_worker_template =
        read_leader_worker_template(reader.object("leaderWorkerTemplate"));
    spec.rollout_strategy = read_rollout_strategy(reader.object("rolloutStrategy"));
    const auto startup_policy = read_enum<StartupPolicy>(
        reader,
        "startupPolicy",
        {{"", StartupPolicy::leader_created},
         {"LeaderCreated", StartupPolicy::leader_created},
         {"LeaderReady", StartupPolicy::leader_ready}}
    );
    spec.startup_policy = startup_policy.value_or(spec.startup_policy);
    const auto subdomain_policy = read_enum<SubdomainPolicy>(
        reader.object("networkConfig"),
        "subdomainPolicy",
        {{"Shared", SubdomainPolicy::shared},
         {"UniquePerReplica", SubdomainPolicy::unique_per_replica}}
    );
    spec.subdomain_policy = subdomain_policy.value_or(spec.subdomain_policy);
    return spec;
}

Condition read_condition(const FieldReader& reader) {
    Condition condition;
    reader.text("type", condition.type);
    reader.text("status", condition.status);
    reader.int64("observedGeneration", condition.observed_generation);
    reader.text("lastTransitionTime", condition.last_transition_time);
    reader.text("reason", condition.reason);
    reader.text("message", condition.message);
    return condition;
}

Status read_status(const FieldReader& reader) {
    Status status;
    reader.int32("replicas", status.replicas);
    reader.int32("readyReplicas", status.ready_replicas);
    reader.int32("updatedReplicas", status.updated_replicas);
    reader.text("hpaPodSelector", status.hpa_pod_selector);
    reader.int64("observedGeneration", status.observed_generation);
    reader.each_object("conditions", [&status](const FieldReader& condition) {
        auto read = read_condition(condition);
        if (condition.mode() == FieldReader::Mode::read) {
            status.conditions.push_back(std::move(read));
        }
    });
    return status;
}

Result<LeaderWorkerSet> read_set(json::View set, FieldReader::Mode mode) {
    std::optional<Error> failure;
    const FieldReader reader(set, "LeaderWorkerSet", mode, failure);
    (void)reader.optional_text("apiVersion");
    (void)reader.optional_text("kind");
    LeaderWorkerSet out;
    out.metadata = read_metadata(reader.object("metadata"));
    out.spec = read_spec(reader.object("spec"));
    out.status = read_status(reader.object("status"));
    if (failure) {
        return *std::move(failure);
    }
    return out;
}

}  // namespace

Result<LeaderWorkerSet> read_leader_worker_set(json::View set) {
    return read_set(set, FieldReader::Mode::read);
}

Result<void> check_leader_worker_set(json::View set) {
    if (auto read = read_set(set, FieldReader::Mode::check); !read) {
        return std::move(read).error();
    }
    return {};
}

}  // namespace lws::api
