// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/support/arena.hpp"

namespace lws::rules {

// Lower-case hex SHA-1 of `<scope>/<name>`: the value of the group-key label for (namespace, leader
// pod name), of the subgroup-key label for (leader pod name, subgroup index). Other tools compare
// these labels, so the bytes matter; it guards nothing secret.
// Source: kubernetes-sigs/lws v0.10 pkg/webhooks/pod_webhook.go, genGroupUniqueKey.
[[nodiscard]] std::string make_group_key(std::string_view scope, std::string_view name);
// The same, in `arena`.
[[nodiscard]] std::string_view make_group_key(
    Arena& arena, std::string_view scope, std::string_view name
);

}  // namespace lws::rules
