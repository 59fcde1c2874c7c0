// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/worker_stateful_set.hpp"

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/admission/group_key.hpp"
#include "pkg/lws/rules/groups/group_id.hpp"
#include "pkg/lws/rules/groups/object_parts.hpp"

namespace lws::rules {
namespace {

api::StringMap selector_of(const WorkerStatefulSetInput& input) {
    const k8s::Pod& leader = *input.leader;
    const auto group = GroupId::of(leader);
    // A leader that no webhook labelled still gets workers that are told apart.
    const std::string group_key = leader.group_key.empty()
                                      ? make_group_key(leader.key.namespace_, leader.key.name)
                                      : leader.group_key;
    return {
        {std::string(api::kSetNameLabel), input.set->metadata.name},
        {std::string(api::kGroupIndexLabel), group ? group->text() : leader.group_index},
        {std::string(api::kGroupKeyLabel), group_key}
    };
}

api::StringMap labels_of(const WorkerStatefulSetInput& input) {
    api::StringMap labels = selector_of(input);
    labels.insert_or_assign(std::string(api::kRevisionKeyLabel), input.leader->revision_key);
    return labels;
}

void annotate_subgroups(const WorkerStatefulSetInput& input, api::StringMap& out) {
    const auto& policy = input.revision_set->spec.leader_worker_template.sub_group_policy;
    if (!policy) {
        return;
    }
    if (policy->type) {
        out.insert_or_assign(
            std::string(api::kSubgroupPolicyTypeAnnotation),
            std::string(api::to_string(*policy->type))
        );
    }
    if (policy->sub_group_size) {
        out.insert_or_assign(
            std::string(api::kSubgroupSizeAnnotation), std::to_string(*policy->sub_group_size)
        );
    }
    const auto topology =
        input.set->metadata.annotation(api::kSubgroupExclusiveTopologyAnnotation).value_or("");
    if (!topology.empty()) {
        out.insert_or_assign(
            std::string(api::kSubgroupExclusiveTopologyAnnotation), std::string(topology)
        );
    }
}

TemplateAdditions worker_additions(const WorkerStatefulSetInput& input) {
    TemplateAdditions out;
    out.labels = labels_of(input);
    const auto annotate = [&out](std::string_view key, std::string_view value) {
        out.annotations.insert_or_assign(std::string(key), std::string(value));
    };
    const auto size = input.revision_set->spec.leader_worker_template.size;
    annotate(api::kSizeAnnotation, std::to_string(size));
    annotate(api::kLeaderNameAnnotation, input.leader->key.name);
    if (const auto topology = input.set->exclusive_topology()) {
        annotate(api::kExclusiveTopologyAnnotation, *topology);
    }
    annotate_subgroups(input, out.annotations);
    if (input.leader->requests_tpus) {
        annotate(api::kLeaderRequestsTpusAnnotation, "true");
    }
    out.pin = input.pin;
    return out;
}

void write_metadata(json::Writer& writer, const WorkerStatefulSetInput& input) {
    const k8s::Pod& leader = *input.leader;
    const api::Metadata& live = input.set->metadata;
    writer.key("metadata").begin_object();
    writer.member("name", leader.key.name).member("namespace", leader.key.namespace_);
    writer.key("labels");
    write_string_map(writer, merged(live.labels, labels_of(input)));
    if (!live.annotations.empty()) {
        writer.key("annotations");
        write_string_map(writer, live.annotations);
    }
    write_controller(writer, "v1", k8s::Owner{"Pod", leader.key.name, leader.uid});
    writer.end_object();
}

void write_spec(json::Writer& writer, const WorkerStatefulSetInput& input) {
    const api::Spec& old = input.revision_set->spec;
    const bool unique = old.subdomain_policy == api::SubdomainPolicy::unique_per_replica;
    writer.key("spec").begin_object();
    writer.member("replicas", old.leader_worker_template.size - 1);
    writer.member("serviceName", unique ? input.leader->key.name : input.set->metadata.name);
    writer.member("podManagementPolicy", "Parallel");
    writer.key("ordinals").begin_object().member("start", 1).end_object();
    writer.key("selector").begin_object().key("matchLabels");
    write_string_map(writer, selector_of(input));
    writer.end_object();
    writer.key("template");
    write_pod_template(writer, api::worker_template(input.revision_data), worker_additions(input));
    write_volume_claim_templates(
        writer, api::volume_claim_templates(input.revision_data), input.leader->key.namespace_
    );
    write_retention_policy(writer, old.leader_worker_template.claim_retention_policy);
    writer.end_object();
}

}  // namespace

std::string make_worker_stateful_set(const WorkerStatefulSetInput& input) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    writer.member("apiVersion", "apps/v1").member("kind", "StatefulSet");
    write_metadata(writer, input);
    write_spec(writer, input);
    writer.end_object();
    return body;
}

}  // namespace lws::rules
