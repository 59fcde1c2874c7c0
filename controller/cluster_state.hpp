// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/object_index.hpp"
#include "controller/object_store.hpp"
#include "controller/queue_key.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/k8s/controller_revision.hpp"
#include "pkg/lws/k8s/owned_object.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
#include "pkg/lws/rules/groups/group_id.hpp"

namespace lws::controller {

// A set as the API server holds it.
struct StoredSet {
    k8s::ObjectKey key;
    std::string uid;
    std::string resource_version;
    // Changes with spec, labels, annotations and the beginning of deletion; not with status.
    std::uint64_t fingerprint = 0;
    // The object without metadata.managedFields and kubectl's last-applied-configuration, for the
    // templates in it and for writing its status.
    std::string text;
    // That annotation: the leader StatefulSet has all of the set's.
    std::optional<std::string> last_applied;
};

[[nodiscard]] Result<StoredSet> read_stored_set(json::View object);

// What a pass looks at of a set. Read for each pass: a struct beside the text would take as much
// memory again.
struct LoadedSet {
    json::Document document;  // of StoredSet::text
    // An error when the object breaks the API's types; it takes the place of what it was all the
    // same, so that no pass goes on with the state before.
    Result<api::LeaderWorkerSet> set;
};

[[nodiscard]] Result<LoadedSet> load_set(StoredSet stored);

// Copies of objects, and their addresses as plans take them.
template <class T>
using Copies = std::vector<std::unique_ptr<const T>>;

template <class T>
[[nodiscard]] std::vector<const T*> addresses(const Copies<T>& copies) {
    std::vector<const T*> out;
    out.reserve(copies.size());
    for (const auto& copy : copies) out.push_back(copy.get());
    return out;
}

// Which group of which set a leader's name stands for: `<set>-<group>`.
struct GroupName {
    k8s::ObjectKey set;
    rules::GroupId group;
};
[[nodiscard]] std::optional<GroupName> parse_group_name(const k8s::ObjectKey& leader);
// The name of the group's leader pod; nothing for a pod that belongs to no group.
[[nodiscard]] std::optional<k8s::ObjectKey> leader_key_of(const k8s::Pod& pod);

// Everything that passes look at, indexed by set and by group, and the rules of who is woken by
// what. Only objects with the set's label are here. One thread.
class ClusterState {
public:
    using Wake = std::function<void(QueueKey)>;

    ClusterState(Wake wake, const Logger& logger);
    ClusterState(const ClusterState&) = delete;
    ClusterState& operator=(const ClusterState&) = delete;

    ObjectStore<StoredSet> sets;
    ObjectStore<k8s::Pod> pods;
    ObjectStore<k8s::StatefulSet> stateful_sets;
    ObjectStore<k8s::Service> services;
    ObjectStore<k8s::ControllerRevision> revisions;
    // Watched with gang scheduling alone, and only where Volcano is installed.
    ObjectStore<k8s::PodGroup> pod_groups;

    // The first list of every kind but PodGroups is complete; before, a pass would see a set
    // without its pods.
    [[nodiscard]] bool synced() const;

    // Nothing when there is no such set.
    [[nodiscard]] std::optional<Result<LoadedSet>> load(const k8s::ObjectKey& set) const;

    // Ordered by name.
    [[nodiscard]] Copies<k8s::Pod> leaders_of_set(const k8s::ObjectKey& set) const;
    [[nodiscard]] Copies<k8s::Pod> pods_of_group(const k8s::ObjectKey& leader) const;
    [[nodiscard]] Copies<k8s::StatefulSet> stateful_sets_of_set(const k8s::ObjectKey& set) const;
    [[nodiscard]] Copies<k8s::ControllerRevision> revisions_of_set(const k8s::ObjectKey& set) const;

private:
    template <class T>
    using Change = typename ObjectStore<T>::Store::Change;

    void on_set(const Change<StoredSet>& change);
    void on_pod(const Change<k8s::Pod>& change);
    void on_stateful_set(const Change<k8s::StatefulSet>& change);
    // Services and PodGroups.
    void on_owned(const Change<k8s::OwnedObject>& change);
    void on_revision(const Change<k8s::ControllerRevision>& change);
    void wake_for(const k8s::StatefulSet& stateful_set);
    void wake_owner(const k8s::ObjectKey& object, const std::optional<k8s::Owner>& owner);

    Wake wake_;
    ObjectIndex<k8s::Pod> leaders_by_set_;
    ObjectIndex<k8s::Pod> pods_by_group_;
    ObjectIndex<k8s::StatefulSet> stateful_sets_by_set_;
    ObjectIndex<k8s::ControllerRevision> revisions_by_set_;
};

}  // namespace lws::controller
