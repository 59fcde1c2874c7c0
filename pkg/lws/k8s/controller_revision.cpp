// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/controller_revision.hpp"

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"

namespace lws::k8s {

Result<ControllerRevision> read_controller_revision(json::View object) {
    auto key = read_object_key(object);
    if (!key) {
        return key.error();
    }
    ControllerRevision out;
    out.key = std::move(*key);
    const json::View metadata = object["metadata"];
    out.uid = metadata["uid"].string_or("");
    out.resource_version = metadata["resourceVersion"].string_or("");
    out.set_name = label(object, api::kSetNameLabel);
    out.revision_key = label(object, api::kRevisionKeyLabel);
    out.controller = read_controller_owner(object);
    out.deleting = metadata["deletionTimestamp"].is_string();
    out.revision = object["revision"].int64_or(0);
    if (!object["data"].absent_or_null()) {
        out.data = json::to_text(object["data"]);
    }
    return out;
}

ObjectReference reference_to(const ControllerRevision& revision) {
    return {
        "apps/v1",
        "ControllerRevision",
        revision.key.namespace_,
        revision.key.name,
        revision.uid,
        revision.resource_version
    };
}

}  // namespace lws::k8s
