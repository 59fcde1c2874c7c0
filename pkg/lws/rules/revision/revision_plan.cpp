// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/revision/revision_plan.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"

namespace lws::rules {
namespace {

// A name of 253 bytes less a hash of 10, a number of 20 and two hyphens, as upstream rounds it.
constexpr std::size_t kMaxPrefix = 220;

std::vector<RevisionInfo> owned_by(
    const RevisionOwner& owner, std::span<const RevisionInfo> revisions
) {
    std::vector<RevisionInfo> owned;
    std::copy_if(
        revisions.begin(),
        revisions.end(),
        std::back_inserter(owned),
        [&](const RevisionInfo& revision) { return belongs_to(revision, owner); }
    );
    return owned;
}

const RevisionInfo* newest(std::span<const RevisionInfo> revisions) {
    const auto found = std::max_element(
        revisions.begin(),
        revisions.end(),
        [](const RevisionInfo& a, const RevisionInfo& b) { return a.number < b.number; }
    );
    return found == revisions.end() ? nullptr : &*found;
}

// The newest revision, if it holds the live template under the key it would get.
bool is_made_already(std::span<const RevisionInfo> owned, json::View spec, std::string_view key) {
    const RevisionInfo* last = newest(owned);
    return last != nullptr && last->key == key && same_template(spec, last->data);
}

}  // namespace

RevisionInfo read_revision(json::View controller_revision) {
    const json::View metadata = controller_revision["metadata"];
    RevisionInfo info;
    info.name = metadata["name"].string_or("");
    info.uid = metadata["uid"].string_or("");
    info.set_name = metadata["labels"][api::kSetNameLabel].string_or("");
    info.key = metadata["labels"][api::kRevisionKeyLabel].string_or("");
    for (const json::View reference : metadata["ownerReferences"].items()) {
        if (reference["controller"].bool_or(false)) {
            info.controller_uid = reference["uid"].string_or("");
            break;
        }
    }
    info.number = controller_revision["revision"].int64_or(0);
    info.data = controller_revision["data"];
    return info;
}

bool belongs_to(const RevisionInfo& revision, const RevisionOwner& owner) {
    return revision.set_name == owner.name &&
           (revision.controller_uid.empty() || revision.controller_uid == owner.uid);
}

const RevisionInfo* find_revision(std::span<const RevisionInfo> revisions, std::string_view key) {
    const RevisionInfo* found = nullptr;
    for (const RevisionInfo& revision : revisions) {
        if (revision.key == key && (found == nullptr || revision.number >= found->number)) {
            found = &revision;
        }
    }
    return found;
}

std::int64_t next_revision_number(std::span<const RevisionInfo> revisions) {
    const RevisionInfo* last = newest(revisions);
    const std::int64_t highest = last == nullptr ? 0 : std::max<std::int64_t>(last->number, 0);
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
    std::span<const RevisionInfo> revisions
) {
    const auto data = make_revision_data(spec);
    if (!data) {
        return data.error();
    }
    const std::string hash = revision_key(*data);
    const auto owned = owned_by(owner, revisions);
    const std::int64_t number = next_revision_number(owned);
    const auto make = [&](std::string_view key, std::string_view before, std::string_view after) {
        return NewRevision{
            revision_name(owner.name, hash, number),
            std::string(key),
            *data,
            number,
            std::string(before).append(key).append(after)
        };
    };
    RevisionPlan plan;
    const std::string_view current_key = leader_key.value_or("");
    if (current_key.empty()) {
        plan.key = hash;
        if (!is_made_already(owned, spec, hash)) {
            plan.create =
                make(hash, "Creating revision with key ", " for a newly created LeaderWorkerSet");
        }
        return plan;
    }
    const RevisionInfo* current = find_revision(owned, current_key);
    if (current == nullptr) {
        // The key stays although it is not the hash: changing it would restart every pod.
        plan.key = current_key;
        plan.create = make(
            current_key, "Creating missing revision with key ", " for existing LeaderWorkerSet"
        );
        return plan;
    }
    if (same_template(spec, current->data)) {
        plan.key = current_key;
        return plan;
    }
    plan.key = hash;
    plan.change = TemplateChange::changed;
    if (!is_made_already(owned, spec, hash)) {
        plan.create = make(hash, "Creating revision with key ", " for updated LWS");
    }
    return plan;
}

std::vector<const RevisionInfo*> plan_truncation(
    const RevisionOwner& owner,
    std::string_view current_key,
    std::span<const RevisionInfo> revisions
) {
    std::vector<const RevisionInfo*> superseded;
    for (const RevisionInfo& revision : revisions) {
        if (belongs_to(revision, owner) && revision.key != current_key) {
            superseded.push_back(&revision);
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
