// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "pkg/lws/k8s/meta.hpp"

namespace lws::k8s {

// An object that is made once and never changed: only whose it is matters.
struct OwnedObject {
    ObjectKey key;
    std::string uid;
    std::string set_name;  // label; empty when absent
    std::optional<Owner> controller;
    bool deleting = false;

    friend bool operator==(const OwnedObject&, const OwnedObject&) = default;
};

using Service = OwnedObject;
// Volcano's unit of gang scheduling (scheduling.volcano.sh/v1beta1).
using PodGroup = OwnedObject;

[[nodiscard]] Result<OwnedObject> read_owned_object(json::View object);

}  // namespace lws::k8s
