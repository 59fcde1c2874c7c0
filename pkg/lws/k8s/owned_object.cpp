// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/owned_object.hpp"

#include "pkg/lws/api/labels.hpp"

namespace lws::k8s {

Result<OwnedObject> read_owned_object(json::View object) {
    auto key = read_object_key(object);
    if (!key) {
        return key.error();
    }
    OwnedObject out;
    out.key = std::move(*key);
    out.uid = object["metadata"]["uid"].string_or("");
    out.set_name = label(object, api::kSetNameLabel);
    out.controller = read_controller_owner(object);
    out.deleting = object["metadata"]["deletionTimestamp"].is_string();
    return out;
}

}  // namespace lws::k8s
