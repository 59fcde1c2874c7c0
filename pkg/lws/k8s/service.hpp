// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "pkg/lws/k8s/meta.hpp"

namespace lws::k8s {

struct Service {
    ObjectKey key;
    std::string uid;
    std::string set_name;  // label; empty when absent
    std::optional<Owner> controller;
    bool deleting = false;

    friend bool operator==(const Service&, const Service&) = default;
};

[[nodiscard]] Result<Service> read_service(json::View object);

}  // namespace lws::k8s
