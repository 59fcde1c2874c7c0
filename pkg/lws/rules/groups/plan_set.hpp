// SPDX-License-Identifier: Apache-2.0
// One pass over a set: revision, leader StatefulSet, Shared Service, status, old revisions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/k8s/controller_revision.hpp"
#include "pkg/lws/k8s/owned_object.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
#include "pkg/lws/rules/groups/group_states.hpp"
#include "pkg/lws/rules/groups/group_trouble.hpp"
#include "pkg/lws/rules/groups/plan.hpp"
#include "pkg/lws/rules/groups/set_status.hpp"

namespace lws::rules {

// What the last successful apply of the leader StatefulSet left behind. Kept in memory by the
// caller, one a set: {uid and fingerprint of the object in the answer, SetPlan::desired_hash}.
// The API server drops rollingUpdate.maxUnavailable where its feature gate is off, so desired and
// live may differ for ever; an apply is repeated only when one of the two changed since.
struct AppliedRecord {
    std::string uid;
    std::uint64_t desired_hash = 0;
    std::uint64_t live_fingerprint = 0;

    friend bool operator==(const AppliedRecord&, const AppliedRecord&) = default;
};

// What an earlier pass found: the template of this generation is the one in this revision. Both
// are immutable, so the comparison need not be made again; kept in memory by the caller.
struct TemplateMatch {
    std::string set_uid;
    std::int64_t generation = 0;
    std::string revision_uid;

    friend bool operator==(const TemplateMatch&, const TemplateMatch&) = default;
};

enum class Absence {
    cached,     // the caches, which hold labelled objects only, have none
    confirmed,  // a GET by name answered 404 in this pass
};

// Pointers are never null unless said, and outlive the call. The caches must be as new as the
// answers to our own writes (put each answer into them), or a pass may repeat a write.
struct SetObservation {
    const api::LeaderWorkerSet* set = nullptr;
    json::View set_object;
    // Of the set's name, whoever owns it; null when there is none.
    const k8s::StatefulSet* leader_stateful_set = nullptr;
    Absence leader_stateful_set_absence = Absence::cached;
    // All pods with label name=<set>; workers among them are not looked at.
    std::vector<const k8s::Pod*> pods;
    // All StatefulSets with label name=<set>.
    std::vector<const k8s::StatefulSet*> stateful_sets;
    // Of the set's name, whoever owns it; null when the caches have none. After AlreadyExists the
    // caller reads the object by name and shows it here.
    const k8s::Service* service = nullptr;
    // All with label name=<set>, whoever owns them.
    std::vector<const k8s::ControllerRevision*> revisions;
    std::optional<AppliedRecord> applied;
    std::optional<TemplateMatch> template_match;
    // What is to be remembered of the groups (group_mark.hpp). It goes along with every apply, and
    // causes one of its own when it is due.
    std::string_view group_mark;
    bool group_mark_due = false;
    // Of the groups that have any, in order: what their last passes found.
    std::vector<TroubledGroup> troubles;
    std::vector<FailingGroup> failing_groups;
    // Where the set's name is that of a group of another set: which one; else null.
    const api::LeaderWorkerSet* parent = nullptr;
    GroupId group_of_parent{0};
    k8s::Seconds now;
};

struct SetPlan : Plan {
    // Of the apply in this plan, or of the one that was skipped; for the next AppliedRecord.
    std::uint64_t desired_hash = 0;
    StatusChange status_change = StatusChange::none;
    // Another's object is in the way of one of the set's own.
    bool has_conflict = false;
    // Groups of this index and above are no more, or will not be: their memory can go.
    std::int32_t groups_end = 0;
    // Replaces the observed one.
    std::optional<TemplateMatch> template_match;
};

[[nodiscard]] SetPlan plan_set(const SetObservation& observed);

}  // namespace lws::rules
