// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/service.hpp"

#include "pkg/lws/api/labels.hpp"

namespace lws::k8s {

Result<Service> read_service(json::View object) {
    auto key = read_object_key(object);
    if (!key) {
        return key.error();
    }
    Service out;
    out.key = std::move(*key);
    out.uid = object["metadata"]["uid"].string_or("");
    out.set_name = label(object, api::kSetNameLabel);
    out.controller = read_controller_owner(object);
    out.deleting = object["metadata"]["deletionTimestamp"].is_string();
    return out;
}

}  // namespace lws::k8s
