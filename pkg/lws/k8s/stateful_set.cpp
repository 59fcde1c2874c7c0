// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/stateful_set.hpp"

#include <algorithm>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"

namespace lws::k8s {
namespace {

std::uint64_t fingerprint_of(json::View metadata) {
    std::string text;
    json::Writer writer(text);
    writer.begin_array();
    for (const std::string_view part : {"labels", "annotations", "ownerReferences", "generation"}) {
        writer.value(metadata[part]);
    }
    writer.end_array();
    return hash_text(text);
}

void read_status(json::View status, StatefulSet& out) {
    out.status_replicas = int32_or(status["replicas"], 0);
    out.ready_replicas = int32_or(status["readyReplicas"], 0);
    out.available_replicas = int32_or(status["availableReplicas"], 0);
    out.observed_generation = status["observedGeneration"].int64_or(0);
    out.current_revision = status["currentRevision"].string_or("");
    out.update_revision = status["updateRevision"].string_or("");
}

void read_spec(json::View spec, StatefulSet& out) {
    out.replicas = int32_or(spec["replicas"], 1);
    const json::View rolling = spec["updateStrategy"]["rollingUpdate"];
    out.partition = int32_or(rolling["partition"], 0);
    const json::View unavailable = rolling["maxUnavailable"];
    if (const auto text = unavailable.string()) {
        out.max_unavailable = std::string(*text);
    } else if (const auto number = unavailable.int64()) {
        out.max_unavailable = std::to_string(*number);
    }
    // Thousands of worker StatefulSets are held; nobody looks at their selector.
    if (!out.controller || out.controller->kind != "Pod") {
        out.selector = selector_text(spec["selector"]);
    }
}

}  // namespace

Result<StatefulSet> read_stateful_set(json::View object) {
    auto key = read_object_key(object);
    if (!key) {
        return key.error();
    }
    StatefulSet out;
    out.key = std::move(*key);
    const json::View metadata = object["metadata"];
    out.uid = metadata["uid"].string_or("");
    out.resource_version = metadata["resourceVersion"].string_or("");
    out.generation = metadata["generation"].int64_or(0);
    out.controller = read_controller_owner(object);
    out.deleting = metadata["deletionTimestamp"].is_string();
    out.set_name = label(object, api::kSetNameLabel);
    out.group_index = label(object, api::kGroupIndexLabel);
    out.revision_key = label(object, api::kRevisionKeyLabel);
    if (has_annotation(object, api::kReplicasAnnotation)) {
        out.replicas_annotation = std::string(annotation(object, api::kReplicasAnnotation));
    }
    out.group_memory = annotation(object, api::kGroupMemoryAnnotation);
    out.parallel_termination =
        annotation(object, api::kPodTerminationPolicyAnnotation) == "Parallel";
    read_spec(object["spec"], out);
    read_status(object["status"], out);
    out.fingerprint = fingerprint_of(metadata);
    return out;
}

}  // namespace lws::k8s
