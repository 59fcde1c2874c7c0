// SPDX-License-Identifier: Apache-2.0
// Whose an object of the set's name is. Nothing is written to what is not ours.
#pragma once

#include <string>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/k8s/service.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
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

}  // namespace lws::rules
