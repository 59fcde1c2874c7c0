// SPDX-License-Identifier: Apache-2.0
#include "controller/testing/fake_workloads.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/admission/group_key.hpp"

namespace lws::controller::testing {
namespace {

constexpr std::string_view kRevisionHash = "controller-revision-hash";

ObjectId id_of(std::string resource, const JsonObject& object) {
    return {
        std::move(resource),
        text_at(object, {"metadata", "namespace"}),
        text_at(object, {"metadata", "name"})
    };
}

int ordinal_of(const std::string& pod_name) {
    return std::stoi(pod_name.substr(pod_name.rfind('-') + 1));
}

int first_ordinal(const JsonObject& stateful_set) {
    return static_cast<int>(number_at(stateful_set, {"spec", "ordinals", "start"}));
}

int replicas_of(const JsonObject& stateful_set) {
    return static_cast<int>(number_at(stateful_set, {"spec", "replicas"}, 1));
}

int partition_of(const JsonObject& stateful_set) {
    return static_cast<int>(
        number_at(stateful_set, {"spec", "updateStrategy", "rollingUpdate", "partition"})
    );
}

// As the webhook of this project labels pods; behaviour of the admission rules, in short.
void admit(JsonObject& pod) {
    if (label_of(pod, api::kSetNameLabel).empty()) return;
    JsonObject& labels = make_object_at(pod, {"metadata", "labels"});
    const std::string name = text_at(pod, {"metadata", "name"});
    const std::string ordinal = std::to_string(ordinal_of(name));
    if (label_of(pod, api::kWorkerIndexLabel) != "0") {
        labels[api::kWorkerIndexLabel] = ordinal;
        return;
    }
    if (!labels.contains(api::kGroupIndexLabel)) labels[api::kGroupIndexLabel] = ordinal;
    if (!labels.contains(api::kGroupKeyLabel)) {
        labels[api::kGroupKeyLabel] =
            rules::make_group_key(text_at(pod, {"metadata", "namespace"}), name);
    }
}

JsonValue running_status(bool ready, std::int64_t restarts) {
    return JsonObject{
        {"phase", "Running"},
        {"conditions",
         JsonArray{JsonObject{{"type", "Ready"}, {"status", ready ? "True" : "False"}}}},
        {"containerStatuses", JsonArray{JsonObject{{"name", "main"}, {"restartCount", restarts}}}}
    };
}

std::int64_t restarts_of(const JsonObject& pod) {
    const JsonArray* statuses = array_at(pod, {"status", "containerStatuses"});
    if (statuses == nullptr || statuses->empty()) return 0;
    return number_at(statuses->front().as_object(), {"restartCount"});
}

}  // namespace

bool is_ready(const JsonObject& pod) {
    const JsonArray* conditions = array_at(pod, {"status", "conditions"});
    if (conditions == nullptr) return false;
    return std::any_of(conditions->begin(), conditions->end(), [](const JsonValue& condition) {
        return text_at(condition.as_object(), {"type"}) == "Ready" &&
               text_at(condition.as_object(), {"status"}) == "True";
    });
}

bool FakeWorkloads::step() {
    bool worked = cluster_.collect_garbage();
    for (const JsonObject& stateful_set : cluster_.all("statefulsets")) {
        if (run_stateful_set(stateful_set)) worked = true;
    }
    if (run_pods()) worked = true;
    return worked;
}

void FakeWorkloads::restart_container(const std::string& ns, const std::string& pod) {
    cluster_.update({"pods", ns, pod}, [](JsonObject& object) {
        object["status"] = running_status(is_ready(object), restarts_of(object) + 1);
    });
}

void FakeWorkloads::set_ready(const std::string& ns, const std::string& pod, bool ready) {
    cluster_.update({"pods", ns, pod}, [ready](JsonObject& object) {
        object["status"] = running_status(ready, restarts_of(object));
    });
}

bool FakeWorkloads::run_pods() {
    bool worked = false;
    for (const JsonObject& pod : cluster_.all("pods")) {
        if (run_pod(pod)) worked = true;
    }
    return worked;
}

bool FakeWorkloads::run_pod(const JsonObject& pod) {
    const ObjectId id = id_of("pods", pod);
    if (is_deleting(pod)) {
        if (!may_end(pod)) return false;
        const auto version = cluster_.version();
        cluster_.end_grace(id);
        return cluster_.version() != version;
    }
    const bool runs = text_at(pod, {"status", "phase"}) == "Running";
    if (!runs) {
        cluster_.update(id, [](JsonObject& object) {
            set_at(object, {"spec"}, "nodeName", "node-1");
            object["status"] = running_status(false, 0);
        });
        return true;
    }
    // A test that takes readiness away also says so in may_become_ready.
    if (is_ready(pod) || !may_become_ready(pod)) {
        return false;
    }
    set_ready(id.ns, id.name, true);
    return true;
}

FakeWorkloads::OwnedPods FakeWorkloads::pods_of(const JsonObject& stateful_set) const {
    OwnedPods out;
    const int first = first_ordinal(stateful_set);
    const int end = first + replicas_of(stateful_set);
    for (JsonObject& pod : cluster_.all("pods")) {
        if (controller_uid_of(pod) != uid_of(stateful_set)) continue;
        const int ordinal = ordinal_of(text_at(pod, {"metadata", "name"}));
        if (ordinal >= first && ordinal < end) {
            out.by_ordinal.emplace(ordinal, std::move(pod));
        } else {
            out.others.push_back(std::move(pod));
        }
    }
    return out;
}

FakeWorkloads::Revisions& FakeWorkloads::track_revisions(const JsonObject& stateful_set) {
    Revisions& revisions = revisions_[uid_of(stateful_set)];
    const JsonValue& pod_template = stateful_set.at("spec").as_object().at("template");
    const auto hash = std::hash<std::string>{}(to_text(pod_template)) % 1000000;
    revisions.update = text_at(stateful_set, {"metadata", "name"}) + "-" + std::to_string(hash);
    revisions.templates.emplace(revisions.update, pod_template);
    if (revisions.current.empty()) revisions.current = revisions.update;
    return revisions;
}

bool FakeWorkloads::run_stateful_set(const JsonObject& stateful_set) {
    if (is_deleting(stateful_set)) return false;
    Revisions& revisions = track_revisions(stateful_set);
    bool worked = scale(stateful_set, pods_of(stateful_set), revisions);
    if (roll(stateful_set, pods_of(stateful_set), revisions)) worked = true;
    if (write_status(stateful_set, pods_of(stateful_set), revisions)) worked = true;
    return worked;
}

bool FakeWorkloads::scale(
    const JsonObject& stateful_set, const OwnedPods& pods, const Revisions& revisions
) {
    bool worked = false;
    for (const JsonObject& pod : pods.others) {
        if (is_deleting(pod)) continue;
        (void)cluster_.remove(id_of("pods", pod));
        worked = true;
    }
    const int first = first_ordinal(stateful_set);
    for (int ordinal = first; ordinal < first + replicas_of(stateful_set); ++ordinal) {
        if (pods.by_ordinal.contains(ordinal)) continue;
        const std::string name =
            text_at(stateful_set, {"metadata", "name"}) + "-" + std::to_string(ordinal);
        // A pod of that name under another owner blocks it, as AlreadyExists does.
        if (cluster_.find({"pods", text_at(stateful_set, {"metadata", "namespace"}), name})) {
            continue;
        }
        create_pod(stateful_set, ordinal, revisions);
        worked = true;
    }
    return worked;
}

void FakeWorkloads::create_pod(
    const JsonObject& stateful_set, int ordinal, const Revisions& revisions
) {
    const bool old = ordinal - first_ordinal(stateful_set) < partition_of(stateful_set);
    const std::string& revision = old ? revisions.current : revisions.update;
    const std::string name = text_at(stateful_set, {"metadata", "name"});
    const std::string ns = text_at(stateful_set, {"metadata", "namespace"});
    JsonObject pod = revisions.templates.at(revision).as_object();
    JsonObject& metadata = make_object_at(pod, {"metadata"});
    metadata["name"] = name + "-" + std::to_string(ordinal);
    metadata["namespace"] = ns;
    metadata["ownerReferences"] = JsonArray{JsonObject{
        {"apiVersion", "apps/v1"},
        {"kind", "StatefulSet"},
        {"name", name},
        {"uid", uid_of(stateful_set)},
        {"controller", true},
        {"blockOwnerDeletion", true}
    }};
    JsonObject& labels = make_object_at(metadata, {"labels"});
    labels[kRevisionHash] = revision;
    labels["statefulset.kubernetes.io/pod-name"] = text_at(pod, {"metadata", "name"});
    set_at(pod, {"spec"}, "hostname", text_value(text_at(pod, {"metadata", "name"})));
    set_at(pod, {"spec"}, "subdomain", text_value(text_at(stateful_set, {"spec", "serviceName"})));
    pod["status"] = JsonObject{{"phase", "Pending"}};
    admit(pod);
    (void)cluster_.create("pods", ns, std::move(pod));
}

bool FakeWorkloads::roll(
    const JsonObject& stateful_set, const OwnedPods& pods, const Revisions& revisions
) {
    const auto budget =
        number_at(stateful_set, {"spec", "updateStrategy", "rollingUpdate", "maxUnavailable"}, 1);
    const auto healthy =
        std::count_if(pods.by_ordinal.begin(), pods.by_ordinal.end(), [](const auto& entry) {
            return is_ready(entry.second) && !is_deleting(entry.second);
        });
    std::int64_t unavailable = replicas_of(stateful_set) - healthy;
    const int lowest = first_ordinal(stateful_set) + partition_of(stateful_set);
    bool worked = false;
    for (auto at = pods.by_ordinal.rbegin(); at != pods.by_ordinal.rend(); ++at) {
        const auto& [ordinal, pod] = *at;
        if (ordinal < lowest) break;
        if (is_deleting(pod) || label_of(pod, kRevisionHash) == revisions.update) continue;
        const bool counts = is_ready(pod);
        if (counts && unavailable >= budget) break;
        if (counts) ++unavailable;
        (void)cluster_.remove(id_of("pods", pod));
        worked = true;
    }
    return worked;
}

bool FakeWorkloads::write_status(
    const JsonObject& stateful_set, const OwnedPods& pods, Revisions& revisions
) {
    std::int64_t ready = 0;
    std::int64_t updated = 0;
    for (const auto& [ordinal, pod] : pods.by_ordinal) {
        if (is_ready(pod)) ++ready;
        if (label_of(pod, kRevisionHash) == revisions.update && !is_deleting(pod)) ++updated;
    }
    const auto replicas = replicas_of(stateful_set);
    if (updated == replicas && ready == replicas) revisions.current = revisions.update;
    JsonObject status{
        {"observedGeneration", number_at(stateful_set, {"metadata", "generation"})},
        {"replicas", static_cast<std::int64_t>(pods.by_ordinal.size() + pods.others.size())},
        {"readyReplicas", ready},
        {"availableReplicas", ready},
        {"updatedReplicas", updated},
        {"currentRevision", revisions.current},
        {"updateRevision", revisions.update}
    };
    const JsonValue* present = find_at(stateful_set, {"status"});
    if (present != nullptr && *present == JsonValue(status)) return false;
    cluster_.update(id_of("statefulsets", stateful_set), [&status](JsonObject& object) {
        object["status"] = status;
    });
    return true;
}

}  // namespace lws::controller::testing
