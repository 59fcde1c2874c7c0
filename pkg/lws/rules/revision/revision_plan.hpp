// SPDX-License-Identifier: Apache-2.0
// Which ControllerRevision is current, which is to be made and which may go, as upstream decides it
// (kubernetes-sigs/lws v0.10, pkg/utils/revision and leaderworkerset_controller.go). Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/k8s/controller_revision.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

using Revisions = std::span<const k8s::ControllerRevision* const>;

// The set that revisions belong to.
struct RevisionOwner {
    std::string name;
    std::string namespace_name;
    std::string uid;
};

// A revision counts for a set when it carries its name and this very set, or nobody, controls it.
[[nodiscard]] bool belongs_to(const k8s::ControllerRevision& revision, const RevisionOwner& owner);

// The one with the highest number among those of the set with that key, which may be several; null
// if none, and for an empty key.
[[nodiscard]] const k8s::ControllerRevision* find_revision(
    const RevisionOwner& owner, std::string_view key, Revisions revisions
);

// One more than the highest of the set, at least 1.
[[nodiscard]] std::int64_t next_revision_number(const RevisionOwner& owner, Revisions revisions);

// `<set>-<hash of data>-<number>`, the set's name cut at 220 bytes. The hash is that of the data
// even where the key label says something else.
[[nodiscard]] std::string revision_name(
    std::string_view set_name, std::string_view data_hash, std::int64_t number
);

struct NewRevision {
    std::string name;
    std::string key;
    std::string data;
    std::int64_t number = 1;
    // Note of the Normal event CreatingRevision / Create, once the revision exists.
    std::string event_note;
};

// What has become of the template since the leader StatefulSet was applied.
enum class TemplateChange : std::uint8_t { none, changed };

struct RevisionPlan {
    // For the labels of StatefulSets and pods.
    std::string key;
    // Nothing: the revision with that key exists.
    std::optional<NewRevision> create;
    TemplateChange change = TemplateChange::none;
};

// `leader_key` is the key label of the leader StatefulSet, empty without the label; nothing without
// a StatefulSet. Fails when the spec cannot be read.
//
// Unlike upstream, a pass that failed or died between making a revision and applying the
// StatefulSet does not leave one more revision at every retry: when the newest revision is already
// what would be made, it is taken. (Going back to an earlier template makes a new one, always.)
[[nodiscard]] Result<RevisionPlan> plan_revision(
    const RevisionOwner& owner,
    json::View spec,
    std::optional<std::string_view> leader_key,
    Revisions revisions
);

// Those to delete once the rollout to `current_key` is done: all of the set with another key that
// are not being deleted.
[[nodiscard]] std::vector<const k8s::ControllerRevision*> plan_truncation(
    const RevisionOwner& owner, std::string_view current_key, Revisions revisions
);

// The whole object to POST.
void write_controller_revision(
    json::Writer& out, const RevisionOwner& owner, const NewRevision& revision
);

}  // namespace lws::rules
