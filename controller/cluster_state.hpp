// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/object_store.hpp"
#include "controller/queue_key.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/k8s/controller_revision.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/service.hpp"
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
    // Read once, when it arrives: a set has many more passes, its own and its groups', than
    // changes. An error when the object breaks the API's types; it is kept all the same, so that no
    // pass goes on with the state before.
    Result<api::LeaderWorkerSet> set;
    // The object without metadata.managedFields and kubectl's last-applied-configuration, for the
    // templates in it and for writing its status.
    std::string text;

    friend bool operator==(const StoredSet&, const StoredSet&) = default;
};

[[nodiscard]] Result<StoredSet> read_stored_set(json::View object);

// Which group of which set a leader's name stands for: `<set>-<group>`.
struct GroupName {
    k8s::ObjectKey set;
    rules::GroupId group;
};
[[nodiscard]] std::optional<GroupName> parse_group_name(const k8s::ObjectKey& leader);
// The name of the group's leader pod; nothing for a pod that belongs to no group.
[[nodiscard]] std::optional<k8s::ObjectKey> leader_key_of(const k8s::Pod& pod);

// Everything that passes look at, indexed by set and by group, and the rules of who is woken by
// what. Only objects with the set's label are here. Pointers stay valid until the next event: a
// pass must not keep them across a suspension. One thread.
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

    // The first list of every kind is complete; before, a pass would see a set without its pods.
    [[nodiscard]] bool synced() const;

    [[nodiscard]] std::vector<const k8s::Pod*> leaders_of_set(const k8s::ObjectKey& set) const;
    [[nodiscard]] std::vector<const k8s::Pod*> pods_of_group(const k8s::ObjectKey& leader) const;
    [[nodiscard]] std::vector<const k8s::StatefulSet*> stateful_sets_of_set(
        const k8s::ObjectKey& set
    ) const;
    [[nodiscard]] std::vector<const k8s::ControllerRevision*> revisions_of_set(
        const k8s::ObjectKey& set
    ) const;

private:
    using Names = std::set<std::string, std::less<>>;
    using Index = std::unordered_map<k8s::ObjectKey, Names>;

    void on_set(const client::Store<StoredSet, k8s::ObjectKey>::Change& change);
    void on_pod(const client::Store<k8s::Pod, k8s::ObjectKey>::Change& change);
    void on_stateful_set(const client::Store<k8s::StatefulSet, k8s::ObjectKey>::Change& change);
    void on_service(const client::Store<k8s::Service, k8s::ObjectKey>::Change& change);
    void on_revision(const client::Store<k8s::ControllerRevision, k8s::ObjectKey>::Change& change);
    void index_pod(const k8s::Pod& pod);
    void unindex_pod(const k8s::Pod& pod);
    void wake_for(const k8s::StatefulSet& stateful_set);
    void wake_owner(const k8s::ObjectKey& object, const std::optional<k8s::Owner>& owner);

    Wake wake_;
    Index leaders_by_set_;
    Index pods_by_group_;
    Index stateful_sets_by_set_;
    Index revisions_by_set_;
};

}  // namespace lws::controller
