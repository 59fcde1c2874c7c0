// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/revision/revision_plan.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"

namespace lws::rules {
namespace {

// A name of 253 bytes less a hash of 10, a number of 20 and two hyphens, as upstream rounds it.
constexpr std::size_t kMaxPrefix = 220;

const k8s::ControllerRevision* newest(const RevisionOwner& owner, Revisions revisions) {
    const k8s::ControllerRevision* found = nullptr;
    for (const k8s::ControllerRevision* revision : revisions) {
        if (belongs_to(*revision, owner) &&
            (found == nullptr || revision->revision > found->revision)) {
            found = revision;
        }
    }
    return found;
}

// Unreadable data equals no template.
bool holds_template(const k8s::ControllerRevision& revision, json::View spec) {
    const auto data = json::parse(revision.data);
    return data.has_value() && same_template(spec, data->root());
}

}  // namespace

bool belongs_to(const k8s::ControllerRevision& revision, const RevisionOwner& owner) {
    return revision.set_name == owner.name &&
           (!revision.controller || revision.controller->uid == owner.uid);
}

const k8s::ControllerRevision* find_revision(
    const RevisionOwner& owner, std::string_view key, Revisions revisions
) {
    const k8s::ControllerRevision* found = nullptr;
    for (const k8s::ControllerRevision* revision : revisions) {
        if (!key.empty() && revision->revision_key == key && belongs_to(*revision, owner) &&
            (found == nullptr || revision->revision >= found->revision)) {
            found = revision;
        }
    }
    return found;
}

std::int64_t next_revision_number(const RevisionOwner& owner, Revisions revisions) {
    const k8s::ControllerRevision* last = newest(owner, revisions);
    const std::int64_t highest = last == nullptr ? 0 : std::max<std::int64_t>(last->revision, 0);
    return highest == std::numeric_limits<std::int64_t>::max() ? highest : highest + 1;
}

std::string revision_name(
    std::string_view set_name, std::string_view data_hash, std::int64_t number
) {
    std::string name(set_name.substr(0, kMaxPrefix));
    return name.append("-").append(data_hash).append("-").append(std::to_string(number));
}

Result<RevisionPlan> plan_revision(
    const RevisionOwner& owner,
    json::View spec,
    std::optional<std::string_view> leader_key,
    Revisions revisions
) {
    const auto data = make_revision_data(spec);
    if (!data) {
        return data.error();
    }
    const std::string hash = revision_key(*data);
    const std::int64_t number = next_revision_number(owner, revisions);
    const auto make = [&](std::string_view key, std::string_view before, std::string_view after) {
        return NewRevision{
            revision_name(owner.name, hash, number),
            std::string(key),
            *data,
            number,
            std::string(before).append(key).append(after)
        };
    };
    // The newest revision may hold the live template under the key it would get.
    const auto is_made_already = [&] {
        const k8s::ControllerRevision* last = newest(owner, revisions);
        return last != nullptr && last->revision_key == hash && holds_template(*last, spec);
    };
    RevisionPlan plan;
    const std::string_view current_key = leader_key.value_or("");
    if (current_key.empty()) {
        plan.key = hash;
        if (!is_made_already()) {
            plan.create =
                make(hash, "Creating revision with key ", " for a newly created LeaderWorkerSet");
        }
        return plan;
    }
    const k8s::ControllerRevision* current = find_revision(owner, current_key, revisions);
    if (current == nullptr) {
        // The key stays although it is not the hash: changing it would restart every pod.
        plan.key = current_key;
        plan.create = make(
            current_key, "Creating missing revision with key ", " for existing LeaderWorkerSet"
        );
        return plan;
    }
    if (holds_template(*current, spec)) {
        plan.key = current_key;
        return plan;
    }
    plan.key = hash;
    plan.change = TemplateChange::changed;
    if (!is_made_already()) {
        plan.create = make(hash, "Creating revision with key ", " for updated LWS");
    }
    return plan;
}

std::vector<const k8s::ControllerRevision*> plan_truncation(
    const RevisionOwner& owner, std::string_view current_key, Revisions revisions
) {
    std::vector<const k8s::ControllerRevision*> superseded;
    for (const k8s::ControllerRevision* revision : revisions) {
        if (belongs_to(*revision, owner) && !revision->deleting &&
            revision->revision_key != current_key) {
            superseded.push_back(revision);
        }
    }
    return superseded;
}

void write_controller_revision(
    json::Writer& out, const RevisionOwner& owner, const NewRevision& revision
) {
    out.begin_object();
    out.member("apiVersion", "apps/v1");
    out.member("kind", "ControllerRevision");
    out.key("metadata").begin_object();
    out.member("name", revision.name);
    out.member("namespace", owner.namespace_name);
    out.key("labels").begin_object();
    out.member(api::kSetNameLabel, owner.name);
    out.member(api::kRevisionKeyLabel, revision.key);
    out.end_object();
    out.key("ownerReferences").begin_array().begin_object();
    out.member("apiVersion", api::kApiVersion);
    out.member("kind", api::kKind);
    out.member("name", owner.name);
    out.member("uid", owner.uid);
    out.member("controller", true);
    out.member("blockOwnerDeletion", true);
    out.end_object().end_array();
    out.end_object();
    out.key("data").raw(revision.data);
    out.member("revision", revision.number);
    out.end_object();
}

}  // namespace lws::rules
