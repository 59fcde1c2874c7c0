// SPDX-License-Identifier: Apache-2.0
#include "controller/cluster_state.hpp"

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/admission/pod_name.hpp"

namespace lws::controller {
namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

// A heartbeat changes the resourceVersion and nothing that a pass decides on.
template <class T>
bool same_but_version(const T& before, T after) {
    after.resource_version = before.resource_version;
    return before == after;
}

// What the set's status and rollout read of a leader.
bool leader_changed(const k8s::Pod& before, const k8s::Pod& after) {
    return before.uid != after.uid || before.revision_key != after.revision_key ||
           before.is_running_and_ready() != after.is_running_and_ready() ||
           before.is_deleting() != after.is_deleting();
}

// The object without metadata.managedFields, and without what kubectl applied last: that is the
// whole object once more, and a write of the status leaves annotations alone.
std::string text_of_set(json::View object) {
    std::string text;
    json::Writer writer(text);
    const auto write_members = [&writer](json::View from, std::string_view but, const auto& write) {
        writer.begin_object();
        for (const auto& [name, value] : from.members()) {
            if (name == but) continue;
            writer.key(name);
            write(name, value);
        }
        writer.end_object();
    };
    const auto plain = [&writer](std::string_view, json::View value) { writer.value(value); };
    const auto metadata = [&](std::string_view name, json::View value) {
        if (name != "annotations" || !value.is_object()) return plain(name, value);
        write_members(value, kLastApplied, plain);
    };
    write_members(object, "", [&](std::string_view name, json::View value) {
        if (name != "metadata") return plain(name, value);
        write_members(value, "managedFields", metadata);
    });
    text.shrink_to_fit();
    return text;
}

template <class T>
std::optional<k8s::ObjectKey> set_of(const T& object) {
    return k8s::ObjectKey(object.key.namespace_, object.set_name);
}

std::optional<k8s::ObjectKey> set_of_leader(const k8s::Pod& pod) {
    return pod.is_leader() ? set_of(pod) : std::nullopt;
}

// Somebody else's with our label: the data is never read.
Result<k8s::ControllerRevision> read_revision(json::View object) {
    auto revision = k8s::read_controller_revision(object);
    if (revision && revision->controller && revision->controller->kind != api::kKind) {
        revision->data = std::string();
    }
    return revision;
}

}  // namespace

Result<StoredSet> read_stored_set(json::View object) {
    auto key = k8s::read_object_key(object);
    if (key.has_error()) return key.error();
    StoredSet set;
    set.key = std::move(*key);
    const json::View metadata = object["metadata"];
    set.uid = metadata["uid"].string_or("");
    set.resource_version = metadata["resourceVersion"].string_or("");
    set.text = text_of_set(object);
    if (const auto applied = metadata["annotations"][kLastApplied].string()) {
        set.last_applied = std::string(*applied);
    }
    std::uint64_t hash = k8s::hash_text(std::to_string(metadata["generation"].int64_or(0)));
    for (const auto* field : {"labels", "annotations", "deletionTimestamp"}) {
        hash = k8s::hash_text(json::to_text(metadata[field]), hash);
    }
    set.fingerprint = hash;
    return set;
}

Result<LoadedSet> load_set(StoredSet stored) {
    auto document = json::parse(std::move(stored.text));
    if (document.has_error()) return document.error();
    LoadedSet out{std::move(*document), api::LeaderWorkerSet()};
    out.set = api::read_leader_worker_set(out.document.root());
    if (out.set && stored.last_applied) {
        out.set->metadata.annotations.insert_or_assign(
            std::string(kLastApplied), *std::move(stored.last_applied)
        );
    }
    return out;
}

std::optional<GroupName> parse_group_name(const k8s::ObjectKey& leader) {
    const auto parts = rules::split_pod_name(leader.name);
    if (!parts.ordinal || parts.parent.empty()) return std::nullopt;
    const rules::GroupId group(*parts.ordinal);
    // A leading zero in the name would make two names of one group.
    if (group.leader_name(parts.parent) != leader.name) return std::nullopt;
    return GroupName{k8s::ObjectKey(leader.namespace_, std::string(parts.parent)), group};
}

std::optional<k8s::ObjectKey> leader_key_of(const k8s::Pod& pod) {
    const auto group = rules::GroupId::of(pod);
    if (!group || pod.set_name.empty()) return std::nullopt;
    return k8s::ObjectKey(pod.key.namespace_, group->leader_name(pod.set_name));
}

ClusterState::ClusterState(Wake wake, const Logger& logger)
    : sets(
          "LeaderWorkerSet", read_stored_set, [this](const auto& c) { on_set(c); }, logger
      ),
      pods(
          "Pod", k8s::read_pod, [this](const auto& c) { on_pod(c); }, logger
      ),
      stateful_sets(
          "StatefulSet",
          k8s::read_stateful_set,
          [this](const auto& c) { on_stateful_set(c); },
          logger
      ),
      services(
          "Service", k8s::read_owned_object, [this](const auto& c) { on_owned(c); }, logger
      ),
      revisions(
          "ControllerRevision", read_revision, [this](const auto& c) { on_revision(c); }, logger
      ),
      pod_groups(
          "PodGroup", k8s::read_owned_object, [this](const auto& c) { on_owned(c); }, logger
      ),
      wake_(std::move(wake)),
      leaders_by_set_(set_of_leader),
      pods_by_group_(leader_key_of),
      stateful_sets_by_set_(set_of<k8s::StatefulSet>),
      revisions_by_set_(set_of<k8s::ControllerRevision>) {}

bool ClusterState::synced() const {
    return sets.all().synced() && pods.all().synced() && stateful_sets.all().synced() &&
           services.all().synced() && revisions.all().synced();
}

std::optional<Result<LoadedSet>> ClusterState::load(const k8s::ObjectKey& set) const {
    const auto stored = sets.find(set);
    if (stored == nullptr) return std::nullopt;
    return load_set(*stored);
}

Copies<k8s::Pod> ClusterState::leaders_of_set(const k8s::ObjectKey& set) const {
    return leaders_by_set_.at(set, pods.all());
}

Copies<k8s::Pod> ClusterState::pods_of_group(const k8s::ObjectKey& leader) const {
    return pods_by_group_.at(leader, pods.all());
}

Copies<k8s::StatefulSet> ClusterState::stateful_sets_of_set(const k8s::ObjectKey& set) const {
    return stateful_sets_by_set_.at(set, stateful_sets.all());
}

Copies<k8s::ControllerRevision> ClusterState::revisions_of_set(const k8s::ObjectKey& set) const {
    return revisions_by_set_.at(set, revisions.all());
}

void ClusterState::on_set(const Change<StoredSet>& change) {
    wake_(QueueKey(PassKind::set, change.key));
    // A set `a-0` appears beside group 0 of set `a`, or goes.
    if ((change.before == nullptr || change.after == nullptr) && parse_group_name(change.key)) {
        wake_(QueueKey(PassKind::group, change.key));
    }
    if (change.before != nullptr && change.after != nullptr &&
        change.before->uid == change.after->uid &&
        change.before->fingerprint == change.after->fingerprint) {
        return;
    }
    // Restart policy, startup policy and annotations are live: each group looks again.
    for (const auto& leader : leaders_of_set(change.key)) {
        if (const auto key = leader_key_of(*leader)) wake_(QueueKey(PassKind::group, *key));
    }
}

void ClusterState::on_pod(const Change<k8s::Pod>& change) {
    const k8s::Pod* before = change.before;
    const k8s::Pod* after = change.after;
    leaders_by_set_.follow(change);
    pods_by_group_.follow(change);
    if (before != nullptr && after != nullptr && same_but_version(*before, *after)) return;

    for (const k8s::Pod* pod : {before, after}) {
        if (pod == nullptr) continue;
        if (const auto leader = leader_key_of(*pod)) wake_(QueueKey(PassKind::group, *leader));
    }
    if (before == nullptr && after == nullptr) return;
    const k8s::Pod& pod = after != nullptr ? *after : *before;
    const bool both = before != nullptr && after != nullptr;
    // Upstream waits for the StatefulSet's status instead; by then another watch may be behind.
    if (pod.is_leader() && (!both || leader_changed(*before, *after))) {
        wake_(QueueKey(PassKind::set, {pod.key.namespace_, pod.set_name}));
    }
}

void ClusterState::wake_owner(
    const k8s::ObjectKey& object, const std::optional<k8s::Owner>& owner
) {
    if (!owner) return;
    if (owner->kind == api::kKind) {
        wake_(QueueKey(PassKind::set, {object.namespace_, owner->name}));
    } else if (owner->kind == "Pod") {
        // By name, not by UID: the removal of the last incarnation's object lets the new one go on.
        wake_(QueueKey(PassKind::group, {object.namespace_, owner->name}));
    }
}

void ClusterState::wake_for(const k8s::StatefulSet& stateful_set) {
    wake_owner(stateful_set.key, stateful_set.controller);
    if (!stateful_set.set_name.empty()) {
        wake_(QueueKey(PassKind::set, {stateful_set.key.namespace_, stateful_set.set_name}));
    }
}

void ClusterState::on_stateful_set(const Change<k8s::StatefulSet>& change) {
    stateful_sets_by_set_.follow(change);
    if (change.before != nullptr && change.after != nullptr &&
        same_but_version(*change.before, *change.after)) {
        return;
    }
    for (const k8s::StatefulSet* stateful_set : {change.before, change.after}) {
        if (stateful_set != nullptr) wake_for(*stateful_set);
    }
}

void ClusterState::on_owned(const Change<k8s::OwnedObject>& change) {
    const bool both = change.before != nullptr && change.after != nullptr;
    if (both && *change.before == *change.after) return;
    for (const k8s::OwnedObject* object : {change.before, change.after}) {
        if (object != nullptr) wake_owner(object->key, object->controller);
    }
}

void ClusterState::on_revision(const Change<k8s::ControllerRevision>& change) {
    revisions_by_set_.follow(change);
}

}  // namespace lws::controller
