// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/k8s/pod.hpp"

namespace lws::rules {

// The headless Service of a set whose subdomain policy is Shared: every pod of the set resolves
// below it, before it is ready too.
[[nodiscard]] std::string make_shared_service(
    std::string_view namespace_, std::string_view set_name, std::string_view set_uid
);

// The headless Service of one group (UniquePerReplica), named like its leader and gone with it.
[[nodiscard]] std::string make_group_service(
    std::string_view set_name, std::string_view group_index, const k8s::Pod& leader
);

}  // namespace lws::rules
