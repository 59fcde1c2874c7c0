// SPDX-License-Identifier: Apache-2.0
// What a pod asks of a node in all. Source of the rule: Kubernetes v1.36, component-helpers,
// resource/helpers.go, PodRequests.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "pkg/lws/api/quantity.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

using ResourceList = std::map<std::string, api::Quantity, std::less<>>;

void add_resources(ResourceList& to, const ResourceList& more);

// Requests alone count, limits never. Sidecars (init containers that restart) run beside the
// containers; other init containers run one at a time, each beside the sidecars before it. Requests
// of the pod itself replace those of its containers for cpu, memory and huge pages; overhead comes
// on top.
[[nodiscard]] Result<ResourceList> pod_requests(json::View pod_spec);

}  // namespace lws::rules
