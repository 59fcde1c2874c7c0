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
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// What planning needs of one ControllerRevision. Lives no longer than the object it looks at.
struct RevisionInfo {
    std::string name;
    std::string uid;
    std::string set_name;        // label `name`
    std::string key;             // label `template-revision-hash`
    std::string controller_uid;  // empty: nobody's
    std::int64_t number = 0;
    json::View data;
};

[[nodiscard]] RevisionInfo read_revision(json::View controller_revision);

// The set that revisions belong to.
struct RevisionOwner {
    std::string name;
    std::string namespace_name;
    std::string uid;
};

// A revision counts for a set when it carries its name and this very set, or nobody, controls it.
[[nodiscard]] bool belongs_to(const RevisionInfo& revision, const RevisionOwner& owner);

// The one with the highest number among those with that key, which may be several; null if none.
// Only revisions that belong to the set may be passed, here and to next_revision_number.
[[nodiscard]] const RevisionInfo* find_revision(
    std::span<const RevisionInfo> revisions, std::string_view key
);

// One more than the highest, at least 1.
[[nodiscard]] std::int64_t next_revision_number(std::span<const RevisionInfo> revisions);

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
    std::span<const RevisionInfo> revisions
);

// Those to delete once the rollout to `current_key` is done: all of the set with another key.
[[nodiscard]] std::vector<const RevisionInfo*> plan_truncation(
    const RevisionOwner& owner,
    std::string_view current_key,
    std::span<const RevisionInfo> revisions
);

// The whole object to POST.
void write_controller_revision(
    json::Writer& out, const RevisionOwner& owner, const NewRevision& revision
);

}  // namespace lws::rules
