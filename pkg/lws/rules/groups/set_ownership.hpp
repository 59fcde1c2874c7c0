// SPDX-License-Identifier: Apache-2.0
// Whose an object of the set's name is. Nothing is written to what is not ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/k8s/owned_object.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
#include "pkg/lws/rules/groups/group_id.hpp"
#include "pkg/lws/rules/revision/revision_plan.hpp"

namespace lws::rules {

enum class Claim {
    ours,         // controlled by this set, or ownerless with its label: adopted
    predecessor,  // of a deleted set of this name: garbage collection takes it
    foreign,
};

struct OwnerCheck {
    Claim claim = Claim::ours;
    std::string message;  // for people; empty when ours
};

[[nodiscard]] RevisionOwner owner_of_revisions(const api::LeaderWorkerSet& set);

[[nodiscard]] OwnerCheck check_leader_stateful_set(
    const api::LeaderWorkerSet& set, const k8s::StatefulSet& live
);

[[nodiscard]] OwnerCheck check_set_service(
    const api::LeaderWorkerSet& set, const k8s::Service& live
);

// Sets `a` and `a-0` both want StatefulSet `a-0`, one for the workers of its group 0, the other for
// its leaders. Says so when `parent` has, or may have during a rollout, workers in this group; the
// set of the group's name is known to exist.
[[nodiscard]] std::optional<std::string> shared_name(
    const api::LeaderWorkerSet& parent, const GroupId& group
);

// Another's revision where the set would make its own; nothing when the name is free or its object
// belongs to the set.
[[nodiscard]] std::optional<OwnerCheck> check_revision_name(
    const api::LeaderWorkerSet& set, std::string_view name, Revisions revisions
);

}  // namespace lws::rules
