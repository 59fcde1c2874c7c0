// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/leader_stateful_set.hpp"

#include <algorithm>
#include <limits>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/k8s/meta.hpp"
#include "pkg/lws/rules/groups/object_parts.hpp"

namespace lws::rules {
namespace {

// A new group counts as unavailable while it starts, so surge groups widen the StatefulSet's own
// budget; the partition is what keeps the user's.
std::int64_t stateful_set_max_unavailable(const api::LeaderWorkerSet& set) {
    const std::int64_t wanted = std::int64_t{set.max_unavailable()} + set.max_surge();
    return std::clamp<std::int64_t>(wanted, 1, std::numeric_limits<std::int32_t>::max());
}

TemplateAdditions leader_additions(const LeaderStatefulSetInput& input) {
    const api::LeaderWorkerSet& set = *input.set;
    TemplateAdditions out;
    out.labels = {
        {std::string(api::kSetNameLabel), set.metadata.name},
        {std::string(api::kRevisionKeyLabel), std::string(input.revision_key)},
        {std::string(api::kWorkerIndexLabel), "0"}
    };
    const auto annotate = [&out](std::string_view key, std::string_view value) {
        out.annotations.insert_or_assign(std::string(key), std::string(value));
    };
    annotate(api::kSizeAnnotation, std::to_string(set.spec.leader_worker_template.size));
    if (const auto topology = set.exclusive_topology()) {
        annotate(api::kExclusiveTopologyAnnotation, *topology);
    }
    if (const auto& policy = set.spec.leader_worker_template.sub_group_policy) {
        if (policy->type) {
            annotate(api::kSubgroupPolicyTypeAnnotation, api::to_string(*policy->type));
        }
        if (policy->sub_group_size) {
            annotate(api::kSubgroupSizeAnnotation, std::to_string(*policy->sub_group_size));
        }
    }
    if (const auto topology = set.subgroup_exclusive_topology()) {
        annotate(api::kSubgroupExclusiveTopologyAnnotation, *topology);
    }
    if (set.spec.subdomain_policy == api::SubdomainPolicy::unique_per_replica) {
        annotate(
            api::kSubdomainPolicyAnnotation,
            api::to_string(api::SubdomainPolicy::unique_per_replica)
        );
    }
    return out;
}

void write_update_strategy(json::Writer& writer, const LeaderStatefulSetInput& input) {
    const std::string& type = input.set->spec.rollout_strategy.type;
    writer.key("updateStrategy").begin_object();
    writer.member("type", type.empty() ? std::string_view("RollingUpdate") : type);
    writer.key("rollingUpdate").begin_object();
    writer.member("partition", input.partition);
    writer.member("maxUnavailable", stateful_set_max_unavailable(*input.set));
    writer.end_object();
    writer.end_object();
}

std::string make_spec(const LeaderStatefulSetInput& input) {
    const api::LeaderWorkerSet& set = *input.set;
    std::string spec;
    json::Writer writer(spec);
    writer.begin_object();
    writer.member("replicas", input.replicas);
    writer.member("serviceName", set.metadata.name);
    writer.member("podManagementPolicy", "Parallel");
    writer.key("selector").begin_object().key("matchLabels").begin_object();
    writer.member(api::kSetNameLabel, set.metadata.name);
    writer.member(api::kWorkerIndexLabel, "0");
    writer.end_object().end_object();
    write_update_strategy(writer, input);
    writer.key("template");
    write_pod_template(writer, api::leader_template(input.set_object), leader_additions(input));
    write_volume_claim_templates(
        writer, api::volume_claim_templates(input.set_object), set.metadata.namespace_name
    );
    write_retention_policy(writer, set.spec.leader_worker_template.claim_retention_policy);
    writer.end_object();
    return spec;
}

std::string make_body(const LeaderStatefulSetInput& input, std::string_view spec) {
    const api::Metadata& meta = input.set->metadata;
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    writer.member("apiVersion", "apps/v1").member("kind", "StatefulSet");
    writer.key("metadata").begin_object();
    writer.member("name", meta.name).member("namespace", meta.namespace_name);
    if (!input.uid.empty()) {
        writer.member("uid", input.uid).member("resourceVersion", input.resource_version);
    }
    writer.key("labels");
    const api::StringMap labels{
        {std::string(api::kSetNameLabel), meta.name},
        {std::string(api::kRevisionKeyLabel), std::string(input.revision_key)}
    };
    write_string_map(writer, merged(meta.labels, labels));
    writer.key("annotations");
    api::StringMap annotations = meta.annotations;
    annotations.insert_or_assign(
        std::string(api::kReplicasAnnotation), std::to_string(input.set->spec.replicas)
    );
    annotations.erase(std::string(api::kGroupMemoryAnnotation));
    if (!input.group_mark.empty()) {
        annotations.emplace(api::kGroupMemoryAnnotation, input.group_mark);
    }
    write_string_map(writer, annotations);
    write_controller(
        writer, api::kApiVersion, k8s::Owner{std::string(api::kKind), meta.name, meta.uid}
    );
    writer.end_object();
    writer.key("spec").raw(spec);
    writer.end_object();
    return body;
}

}  // namespace

DesiredObject make_leader_stateful_set(const LeaderStatefulSetInput& input) {
    const std::string spec = make_spec(input);
    LeaderStatefulSetInput lasting = input;
    lasting.group_mark = {};
    lasting.uid = {};
    lasting.resource_version = {};
    DesiredObject desired;
    desired.body = make_body(lasting, spec);
    desired.hash = k8s::hash_text(desired.body);
    if (!input.uid.empty() || !input.group_mark.empty()) {
        desired.body = make_body(input, spec);
    }
    return desired;
}

std::string leader_selector(std::string_view set_name) {
    std::string text(api::kSetNameLabel);
    text.append("=").append(set_name).append(",");
    text.append(api::kWorkerIndexLabel).append("=0");
    return text;
}

}  // namespace lws::rules
