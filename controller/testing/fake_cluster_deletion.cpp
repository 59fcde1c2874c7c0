// SPDX-License-Identifier: Apache-2.0
// Deletion and garbage collection. Source of the order: kubernetes v1.36,
// pkg/controller/garbagecollector, attemptToDeleteItem.
#include <algorithm>

#include "controller/testing/fake_cluster.hpp"

namespace lws::controller::testing {
namespace {

constexpr const char* kForeground = "foregroundDeletion";
constexpr const char* kDeletionTime = "2026-01-02T03:05:05Z";

bool has_finalizer(const JsonObject& object, std::string_view name) {
    const JsonArray* finalizers = array_at(object, {"metadata", "finalizers"});
    if (finalizers == nullptr) return false;
    return std::any_of(finalizers->begin(), finalizers->end(), [name](const JsonValue& value) {
        return value.as_string() == name;
    });
}

void drop_finalizer(JsonObject& object, std::string_view name) {
    JsonArray kept;
    for (const JsonValue& value : *array_at(object, {"metadata", "finalizers"})) {
        if (value.as_string() != name) kept.push_back(value);
    }
    set_at(object, {"metadata"}, "finalizers", std::move(kept));
}

bool has_finalizers(const JsonObject& object) {
    const JsonArray* finalizers = array_at(object, {"metadata", "finalizers"});
    return finalizers != nullptr && !finalizers->empty();
}

// What this deletion grants a pod: never more than one before it.
std::int64_t grace_of(const JsonObject& object, const JsonObject& options) {
    const std::int64_t own = number_at(object, {"spec", "terminationGracePeriodSeconds"}, 30);
    const std::int64_t wanted = number_at(options, {"gracePeriodSeconds"}, own);
    return std::min(wanted, number_at(object, {"metadata", "deletionGracePeriodSeconds"}, wanted));
}

Answer success() {
    return {200, JsonObject{{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Success"}}};
}

}  // namespace

Answer FakeCluster::remove(const ObjectId& id, const JsonObject& options) {
    const JsonObject* stored = find(id);
    if (stored == nullptr) return get(id);
    const std::string uid = uid_of(*stored);
    const std::string wanted = text_at(options, {"preconditions", "uid"});
    if (!wanted.empty() && wanted != uid) {
        return make_failure(
            409,
            "Conflict",
            "Operation cannot be fulfilled on " + id.resource + " \"" + id.name +
                "\": Precondition failed: UID in precondition: " + wanted +
                ", UID in object meta: " + uid
        );
    }
    const std::int64_t grace = grace_of(*stored, options);
    if (id.resource != "pods" || grace == 0) {
        ended_.insert(uid);
    }
    const bool foreground = text_at(options, {"propagationPolicy"}) == "Foreground";
    if (ended_.contains(uid) && !foreground && !has_finalizers(*stored)) {
        forget(id);
        return success();
    }
    update(id, [foreground, grace, is_pod = id.resource == "pods"](JsonObject& object) {
        JsonObject& metadata = object["metadata"].as_object();
        if (is_pod) metadata["deletionGracePeriodSeconds"] = grace;
        if (!metadata.contains("deletionTimestamp")) {
            metadata["deletionTimestamp"] = kDeletionTime;
        }
        if (foreground && !has_finalizer(object, kForeground)) {
            JsonArray finalizers;
            if (const JsonArray* old = array_at(object, {"metadata", "finalizers"})) {
                finalizers = *old;
            }
            finalizers.emplace_back(kForeground);
            metadata["finalizers"] = std::move(finalizers);
        }
    });
    return {200, *find(id)};
}

void FakeCluster::end_grace(const ObjectId& pod) {
    const JsonObject* stored = find(pod);
    if (stored == nullptr || !is_deleting(*stored)) return;
    ended_.insert(uid_of(*stored));
    remove_if_free(pod);
}

void FakeCluster::remove_now(const ObjectId& id) {
    (void)remove(id, JsonObject{{"gracePeriodSeconds", 0}});
}

void FakeCluster::remove_if_free(const ObjectId& id) {
    const JsonObject* stored = find(id);
    if (stored == nullptr || !is_deleting(*stored) || has_finalizers(*stored)) return;
    if (!ended_.contains(uid_of(*stored))) return;
    forget(id);
}

void FakeCluster::forget(const ObjectId& id) {
    JsonObject before = objects_.at(id);
    objects_[id]["metadata"].as_object()["resourceVersion"] = std::to_string(++version_);
    uids_.erase(uid_of(before));
    publish("DELETED", id, std::move(before));
    objects_.erase(id);
}

std::vector<ObjectId> FakeCluster::dependents_of(const std::string& uid) const {
    std::vector<ObjectId> out;
    for (const auto& [id, object] : objects_) {
        const JsonArray* owners = array_at(object, {"metadata", "ownerReferences"});
        if (owners == nullptr) continue;
        for (const JsonValue& owner : *owners) {
            if (text_at(owner.as_object(), {"uid"}) == uid) out.push_back(id);
        }
    }
    return out;
}

bool FakeCluster::finish_foreground(const ObjectId& id) {
    bool worked = false;
    const auto dependents = dependents_of(uid_of(*find(id)));
    for (const ObjectId& dependent : dependents) {
        const JsonObject* object = find(dependent);
        if (object == nullptr || is_deleting(*object)) continue;
        (void)remove(dependent, JsonObject{{"propagationPolicy", "Foreground"}});
        worked = true;
    }
    if (!dependents_of(uid_of(*find(id))).empty()) return worked;
    update(id, [](JsonObject& object) { drop_finalizer(object, kForeground); });
    remove_if_free(id);
    return true;
}

bool FakeCluster::collect(const ObjectId& id) {
    const JsonObject* object = find(id);
    if (object == nullptr) return false;
    if (has_finalizer(*object, kForeground)) return finish_foreground(id);
    const JsonArray* owners = array_at(*object, {"metadata", "ownerReferences"});
    if (owners == nullptr || owners->empty() || is_deleting(*object)) return false;
    const bool orphan = std::none_of(owners->begin(), owners->end(), [this](const JsonValue& v) {
        return uids_.contains(text_at(v.as_object(), {"uid"}));
    });
    if (orphan) (void)remove(id, JsonObject{{"propagationPolicy", "Background"}});
    return orphan;
}

bool FakeCluster::collect_garbage() {
    std::vector<ObjectId> ids;
    for (const auto& [id, object] : objects_) ids.push_back(id);
    bool worked = false;
    for (const ObjectId& id : ids) {
        if (collect(id)) worked = true;
    }
    return worked;
}

}  // namespace lws::controller::testing
