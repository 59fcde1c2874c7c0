// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_ownership.hpp"

namespace lws::rules {

Ownership ownership_of(const std::optional<k8s::Owner>& owner, const k8s::Pod& leader) {
    if (!owner || owner->kind != "Pod" || owner->name != leader.key.name) {
        return Ownership::foreign;
    }
    return owner->uid == leader.uid ? Ownership::ours : Ownership::predecessor;
}

std::string describe(const std::optional<k8s::Owner>& owner) {
    return owner ? "controlled by " + owner->kind + " " + owner->name
                 : std::string("without a controller");
}

std::string already_exists(std::string_view kind, const k8s::OwnedObject& object) {
    return std::string(kind) + " " + k8s::to_text(object.key) + " already exists " +
           describe(object.controller);
}

}  // namespace lws::rules
