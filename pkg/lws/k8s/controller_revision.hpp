// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pkg/lws/k8s/meta.hpp"

namespace lws::k8s {

struct ControllerRevision {
    ObjectKey key;
    std::string uid;
    std::string resource_version;
    std::string set_name;      // label; empty when absent
    std::string revision_key;  // label; empty when absent
    std::optional<Owner> controller;
    bool deleting = false;
    std::int64_t revision = 0;
    // `data` as compact JSON: the value that the API server holds, members in its order.
    std::string data;

    friend bool operator==(const ControllerRevision&, const ControllerRevision&) = default;
};

[[nodiscard]] Result<ControllerRevision> read_controller_revision(json::View object);

[[nodiscard]] ObjectReference reference_to(const ControllerRevision& revision);

}  // namespace lws::k8s
