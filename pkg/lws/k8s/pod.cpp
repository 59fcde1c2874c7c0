// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/pod.hpp"

#include <algorithm>
#include <vector>

#include "pkg/lws/api/labels.hpp"

namespace lws::k8s {
namespace {

PodPhase phase_of(std::string_view text) {
    if (text == "Pending") {
        return PodPhase::pending;
    }
    if (text == "Running") {
        return PodPhase::running;
    }
    if (text == "Succeeded") {
        return PodPhase::succeeded;
    }
    if (text == "Failed") {
        return PodPhase::failed;
    }
    return PodPhase::unknown;
}

void read_readiness(json::View object, Pod& pod) {
    for (const json::View condition : object["status"]["conditions"].items()) {
        if (condition["type"].string_or("") == "Ready") {
            pod.ready = condition["status"].string_or("") == "True";
            pod.ready_changed = parse_time(condition["lastTransitionTime"].string_or(""));
            return;
        }
    }
}

bool is_native_sidecar(json::View object, std::string_view container) {
    for (const json::View init : object["spec"]["initContainers"].items()) {
        if (init["name"].string_or("") == container) {
            return init["restartPolicy"].string_or("") == "Always";
        }
    }
    return false;
}

void read_restarts(json::View object, Pod& pod) {
    for (const json::View status : object["status"]["containerStatuses"].items()) {
        if (status["restartCount"].int64_or(0) > 0) {
            pod.restarted = true;
            pod.restarted_beyond_sidecars = true;
        }
    }
    for (const json::View status : object["status"]["initContainerStatuses"].items()) {
        if (status["restartCount"].int64_or(0) > 0) {
            pod.restarted = true;
            if (!is_native_sidecar(object, status["name"].string_or(""))) {
                pod.restarted_beyond_sidecars = true;
            }
        }
    }
}

// A quantity other than zero: some digit before the suffix or exponent is not 0.
bool is_nonzero_quantity(json::View quantity) {
    if (quantity.is_number()) {
        return quantity.number().value_or(0) != 0;
    }
    const std::string_view text = quantity.string_or("");
    const auto end = text.find_first_not_of("0123456789.+-");
    return text.substr(0, end).find_first_of("123456789") != std::string_view::npos;
}

// A limit of zero falls back to the request (upstream v0.10, pkg/utils/accelerators, tpu.go).
bool asks_for_tpus(json::View containers) {
    for (const json::View container : containers.items()) {
        const json::View resources = container["resources"];
        if (is_nonzero_quantity(resources["limits"][api::kTpuResource]) ||
            is_nonzero_quantity(resources["requests"][api::kTpuResource])) {
            return true;
        }
    }
    return false;
}

void read_labels(json::View object, Pod& pod) {
    pod.set_name = label(object, api::kSetNameLabel);
    pod.group_index = label(object, api::kGroupIndexLabel);
    if (has_label(object, api::kWorkerIndexLabel)) {
        pod.worker_index = std::string(label(object, api::kWorkerIndexLabel));
    }
    pod.revision_key = label(object, api::kRevisionKeyLabel);
    if (pod.is_leader()) {
        pod.group_key = label(object, api::kGroupKeyLabel);
    }
    pod.size = annotation(object, api::kSizeAnnotation);
    pod.leader_name = annotation(object, api::kLeaderNameAnnotation);
    pod.pod_group_name = annotation(object, api::kPodGroupNameAnnotation);
    pod.unique_subdomain =
        annotation(object, api::kSubdomainPolicyAnnotation) == "UniquePerReplica";
}

}  // namespace

Result<Pod> read_pod(json::View object) {
    auto key = read_object_key(object);
    if (!key) {
        return key.error();
    }
    Pod pod;
    pod.key = std::move(*key);
    const json::View metadata = object["metadata"];
    pod.uid = metadata["uid"].string_or("");
    pod.resource_version = metadata["resourceVersion"].string_or("");
    pod.controller = read_controller_owner(object);
    pod.created = parse_time(metadata["creationTimestamp"].string_or(""));
    if (const auto text = metadata["deletionTimestamp"].string()) {
        // An unreadable time still means that the pod is being deleted.
        pod.deletion_time = parse_time(*text).value_or(Seconds{});
    }
    if (metadata["deletionGracePeriodSeconds"].is_number()) {
        pod.deletion_grace = int32_or(metadata["deletionGracePeriodSeconds"], 0);
    }
    pod.grace_seconds = int32_or(object["spec"]["terminationGracePeriodSeconds"], 30);
    read_labels(object, pod);
    pod.node_name = object["spec"]["nodeName"].string_or("");
    pod.phase = phase_of(object["status"]["phase"].string_or(""));
    read_readiness(object, pod);
    read_restarts(object, pod);
    pod.requests_tpus = asks_for_tpus(object["spec"]["containers"]) ||
                        asks_for_tpus(object["spec"]["initContainers"]);
    return pod;
}

ObjectReference reference_to(const Pod& pod) {
    return {"v1", "Pod", pod.key.namespace_, pod.key.name, pod.uid, pod.resource_version};
}

}  // namespace lws::k8s
