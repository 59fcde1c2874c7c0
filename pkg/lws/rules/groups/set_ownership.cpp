// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/set_ownership.hpp"

#include <utility>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/groups/leader_stateful_set.hpp"

namespace lws::rules {
namespace {

OwnerCheck check(
    const api::LeaderWorkerSet& set,
    const std::string& object,
    const std::optional<k8s::Owner>& controller,
    const std::string& set_label
) {
    if (!controller) {
        if (set_label == set.metadata.name) {
            return {};
        }
        return {Claim::foreign, object + " exists already and does not belong to this set"};
    }
    if (controller->uid == set.metadata.uid) {
        return {};
    }
    if (controller->kind == api::kKind && controller->name == set.metadata.name) {
        return {Claim::predecessor, object + " belongs to a deleted set of this name"};
    }
    return {
        Claim::foreign,
        object + " exists already and is controlled by " + controller->kind + " " + controller->name
    };
}

}  // namespace

RevisionOwner owner_of_revisions(const api::LeaderWorkerSet& set) {
    return {set.metadata.name, set.metadata.namespace_name, set.metadata.uid};
}

OwnerCheck check_leader_stateful_set(
    const api::LeaderWorkerSet& set, const k8s::StatefulSet& live
) {
    const std::string object = "StatefulSet " + k8s::to_text(live.key);
    OwnerCheck result = check(set, object, live.controller, live.set_name);
    // The selector is immutable, so an apply could only fail, or worse, take over other pods.
    if (result.claim == Claim::ours && live.selector != leader_selector(set.metadata.name)) {
        return {Claim::foreign, object + " exists already with another selector"};
    }
    return result;
}

std::optional<std::string> shared_name(const api::LeaderWorkerSet& parent, const GroupId& group) {
    const std::int64_t groups = std::int64_t{parent.spec.replicas} + parent.max_surge();
    if (parent.spec.leader_worker_template.size <= 1 || group.index() >= groups) {
        return std::nullopt;
    }
    const std::string name = group.leader_name(parent.metadata.name);
    const std::string& ns = parent.metadata.namespace_name;
    return "LeaderWorkerSets " + ns + "/" + parent.metadata.name + " and " + ns + "/" + name +
           " both want StatefulSet " + name + ": rename one of them";
}

std::optional<OwnerCheck> check_revision_name(
    const api::LeaderWorkerSet& set, std::string_view name, Revisions revisions
) {
    for (const k8s::ControllerRevision* revision : revisions) {
        if (revision->key.name != name || belongs_to(*revision, owner_of_revisions(set))) {
            continue;
        }
        return check(
            set,
            "ControllerRevision " + k8s::to_text(revision->key),
            revision->controller,
            revision->set_name
        );
    }
    return std::nullopt;
}

OwnerCheck check_set_service(const api::LeaderWorkerSet& set, const k8s::Service& live) {
    return check(set, "Service " + k8s::to_text(live.key), live.controller, live.set_name);
}

}  // namespace lws::rules
