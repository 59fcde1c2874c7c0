// SPDX-License-Identifier: Apache-2.0
#include "controller/testing/fake_cluster.hpp"

#include <algorithm>
#include <array>

namespace lws::controller::testing {
namespace {

constexpr const char* kTime = "2026-01-02T03:04:05Z";

struct KnownKind {
    std::string_view resource;
    std::string_view kind;
    std::string_view api_version;
};

constexpr std::array<KnownKind, 9> kKinds{{
    {"pods", "Pod", "v1"},
    {"services", "Service", "v1"},
    {"nodes", "Node", "v1"},
    {"statefulsets", "StatefulSet", "apps/v1"},
    {"controllerrevisions", "ControllerRevision", "apps/v1"},
    {"events", "Event", "events.k8s.io/v1"},
    {"leases", "Lease", "coordination.k8s.io/v1"},
    {"leaderworkersets", "LeaderWorkerSet", "leaderworkerset.x-k8s.io/v1"},
    {"podgroups", "PodGroup", "scheduling.volcano.sh/v1beta1"},
}};

Answer not_found(const ObjectId& id) {
    return make_failure(404, "NotFound", id.resource + " \"" + id.name + "\" not found");
}

Answer conflict(const ObjectId& id, std::string_view why) {
    return make_failure(
        409,
        "Conflict",
        "Operation cannot be fulfilled on " + id.resource + " \"" + id.name +
            "\": " + std::string(why)
    );
}

constexpr std::string_view kModified =
    "the object has been modified; please apply your changes to the latest version and try again";

void overlay(JsonObject& under, const JsonObject* over) {
    if (over == nullptr) return;
    for (const auto& [name, value] : *over) under[name] = value;
}

}  // namespace

std::string to_text(const ObjectId& id) {
    return id.resource + " " + id.ns + "/" + id.name;
}

KindOf kind_of(std::string_view resource) {
    for (const KnownKind& known : kKinds) {
        if (known.resource == resource) {
            return {std::string(known.kind), std::string(known.api_version)};
        }
    }
    return {};
}

Answer make_failure(int status, std::string_view reason, std::string_view message) {
    JsonObject body{
        {"kind", "Status"},
        {"apiVersion", "v1"},
        {"metadata", JsonObject{}},
        {"status", "Failure"},
        {"message", message},
        {"reason", reason},
        {"code", status}
    };
    return {status, std::move(body)};
}

bool matches_selector(const JsonObject& object, std::string_view selector) {
    while (!selector.empty()) {
        const auto comma = selector.find(',');
        const std::string_view term = selector.substr(0, comma);
        selector = comma == std::string_view::npos ? "" : selector.substr(comma + 1);
        if (term.starts_with('!')) {
            if (find_at(object, {"metadata", "labels", term.substr(1)}) != nullptr) return false;
            continue;
        }
        const auto equals = term.find('=');
        const std::string_view key = term.substr(0, equals);
        const JsonValue* value = find_at(object, {"metadata", "labels", key});
        if (value == nullptr) return false;
        if (equals == std::string_view::npos) continue;
        if (value->as_string() != term.substr(equals + 1)) return false;
    }
    return true;
}

Answer FakeCluster::get(const ObjectId& id) const {
    const JsonObject* object = find(id);
    if (object == nullptr) return not_found(id);
    return {200, *object};
}

Answer FakeCluster::list(const ListRequest& request) {
    JsonArray items;
    const std::size_t limit =
        max_page == 0 || request.limit == 0 ? request.limit : std::min(max_page, request.limit);
    std::size_t skip = request.continue_token.empty() ? 0 : std::stoul(request.continue_token);
    const std::size_t first = skip;
    JsonObject metadata{{"resourceVersion", std::to_string(version_)}};
    for (const auto& [id, object] : objects_) {
        if (id.resource != request.resource) continue;
        if (!request.ns.empty() && id.ns != request.ns) continue;
        if (!matches_selector(object, request.label_selector)) continue;
        if (skip > 0) {
            --skip;
            continue;
        }
        if (limit != 0 && items.size() == limit) {
            metadata["continue"] = std::to_string(first + limit);
            break;
        }
        items.push_back(object);
    }
    const KindOf kind = kind_of(request.resource);
    JsonObject body{
        {"kind", kind.kind + "List"},
        {"apiVersion", kind.api_version},
        {"metadata", std::move(metadata)},
        {"items", std::move(items)}
    };
    return {200, std::move(body)};
}

Answer FakeCluster::create(const std::string& resource, const std::string& ns, JsonObject object) {
    const ObjectId id{resource, ns, text_at(object, {"metadata", "name"})};
    if (id.name.empty()) return make_failure(422, "Invalid", "metadata.name: Required value");
    if (objects_.contains(id)) {
        return make_failure(409, "AlreadyExists", resource + " \"" + id.name + "\" already exists");
    }
    return store_new(id, std::move(object));
}

Answer FakeCluster::store_new(const ObjectId& id, JsonObject object) {
    const KindOf kind = kind_of(id.resource);
    object["kind"] = kind.kind;
    object["apiVersion"] = kind.api_version;
    JsonObject& metadata = make_object_at(object, {"metadata"});
    if (!id.ns.empty()) metadata["namespace"] = id.ns;
    metadata["uid"] = "uid-" + std::to_string(next_uid_++);
    metadata["creationTimestamp"] = kTime;
    metadata["generation"] = 1;
    metadata["resourceVersion"] = std::to_string(++version_);
    default_object(id, object);
    uids_.insert(uid_of(object));
    objects_[id] = std::move(object);
    publish("ADDED", id, std::nullopt);
    return {201, objects_[id]};
}

void FakeCluster::default_object(const ObjectId& id, JsonObject& object) const {
    if (id.resource != "statefulsets") return;
    JsonObject& spec = make_object_at(object, {"spec"});
    if (!spec.contains("replicas")) spec["replicas"] = 1;
    if (!spec.contains("revisionHistoryLimit")) spec["revisionHistoryLimit"] = 10;
    JsonObject& strategy = make_object_at(spec, {"updateStrategy"});
    if (!strategy.contains("type")) strategy["type"] = "RollingUpdate";
    JsonObject& rolling = make_object_at(strategy, {"rollingUpdate"});
    if (!rolling.contains("partition")) rolling["partition"] = 0;
    if (!keeps_max_unavailable) rolling.erase("maxUnavailable");
}

std::optional<Answer> FakeCluster::refuse_change(
    const ObjectId& id, const JsonObject& before, const JsonObject& after
) const {
    if (id.resource != "statefulsets") return std::nullopt;
    for (const auto* field :
         {"selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"}) {
        const JsonValue* old_value = find_at(before, {"spec", field});
        const JsonValue* new_value = find_at(after, {"spec", field});
        const bool same = (old_value == nullptr) == (new_value == nullptr) &&
                          (old_value == nullptr || *old_value == *new_value);
        if (same) continue;
        return make_failure(
            422,
            "Invalid",
            "StatefulSet.apps \"" + id.name + "\" is invalid: spec: Forbidden: updates to " + field
        );
    }
    return std::nullopt;
}

Answer FakeCluster::store_changed(const ObjectId& id, JsonObject after) {
    JsonObject& stored = objects_.at(id);
    default_object(id, after);
    if (auto refused = refuse_change(id, stored, after)) return *refused;
    if (JsonValue(after) == JsonValue(stored)) return {200, stored};
    const JsonValue* old_spec = find_at(stored, {"spec"});
    const JsonValue* new_spec = find_at(after, {"spec"});
    if (old_spec != nullptr && new_spec != nullptr && *old_spec != *new_spec) {
        after["metadata"].as_object()["generation"] =
            number_at(stored, {"metadata", "generation"}) + 1;
    }
    after["metadata"].as_object()["resourceVersion"] = std::to_string(++version_);
    JsonObject before = std::move(stored);
    stored = std::move(after);
    publish("MODIFIED", id, std::move(before));
    return {200, objects_.at(id)};
}

Answer FakeCluster::replace(const ObjectId& id, JsonObject object, Subresource subresource) {
    const JsonObject* stored = find(id);
    if (stored == nullptr) return not_found(id);
    const std::string version = text_at(object, {"metadata", "resourceVersion"});
    if (!version.empty() && version != text_at(*stored, {"metadata", "resourceVersion"})) {
        return conflict(id, kModified);
    }
    JsonObject after = *stored;
    if (subresource == Subresource::status) {
        after["status"] = object["status"];
    } else {
        after = std::move(object);
        after["metadata"] = stored->at("metadata");
    }
    return store_changed(id, std::move(after));
}

Answer FakeCluster::apply(const ObjectId& id, const JsonObject& body) {
    const std::string uid = text_at(body, {"metadata", "uid"});
    const std::string version = text_at(body, {"metadata", "resourceVersion"});
    const JsonObject* stored = find(id);
    if (stored == nullptr) {
        if (!uid.empty()) return conflict(id, "uid mismatch: no existing object was found");
        return store_new(id, body);
    }
    if (!uid.empty() && uid != uid_of(*stored)) return conflict(id, "uid mismatch");
    if (!version.empty() && version != text_at(*stored, {"metadata", "resourceVersion"})) {
        return conflict(id, kModified);
    }
    JsonObject after = *stored;
    // One manager only: the members that it names are its own, the others keep their values.
    for (const auto* map : {"labels", "annotations"}) {
        JsonObject& metadata = after["metadata"].as_object();
        if (find_at(body, {"metadata", map}) != nullptr) metadata[map] = JsonObject{};
        overlay(make_object_at(metadata, {map}), object_at(body, {"metadata", map}));
    }
    if (const JsonValue* owners = find_at(body, {"metadata", "ownerReferences"})) {
        set_at(after, {"metadata"}, "ownerReferences", *owners);
    }
    overlay(make_object_at(after, {"spec"}), object_at(body, {"spec"}));
    return store_changed(id, std::move(after));
}

Answer FakeCluster::patch(const ObjectId& id, const JsonValue& body) {
    const JsonObject* stored = find(id);
    if (stored == nullptr) return not_found(id);
    JsonValue after = *stored;
    merge_patch(after, body);
    return store_changed(id, std::move(after.as_object()));
}

const JsonObject* FakeCluster::find(const ObjectId& id) const {
    const auto found = objects_.find(id);
    return found == objects_.end() ? nullptr : &found->second;
}

std::vector<JsonObject> FakeCluster::all(std::string_view resource) const {
    std::vector<JsonObject> out;
    for (const auto& [id, object] : objects_) {
        if (id.resource == resource) out.push_back(object);
    }
    return out;
}

std::vector<std::string> FakeCluster::names(std::string_view resource) const {
    std::vector<std::string> out;
    for (const auto& [id, object] : objects_) {
        if (id.resource == resource) out.push_back(id.name);
    }
    return out;
}

void FakeCluster::update(const ObjectId& id, const std::function<void(JsonObject&)>& change) {
    JsonObject after = objects_.at(id);
    change(after);
    store_changed(id, std::move(after));
}

void FakeCluster::publish(std::string type, const ObjectId& id, std::optional<JsonObject> before) {
    Change change;
    change.version = version_;
    change.type = std::move(type);
    change.id = id;
    change.object = objects_.at(id);
    change.before = std::move(before);
    history_.push_back(std::move(change));
    if (on_change_) on_change_();
}

}  // namespace lws::controller::testing
