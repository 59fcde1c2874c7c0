// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_names.hpp"

#include "pkg/lws/api/name_syntax.hpp"

namespace lws::rules {
namespace {

// The first group whose StatefulSets have a name that is too long; `replicas` or more when none.
std::int64_t first_too_long(const api::LeaderWorkerSet& set, std::int32_t replicas) {
    const std::string& name = set.metadata.name;
    if (name.size() > api::kMaxStatefulSetName) {
        return 0;
    }
    if (set.spec.leader_worker_template.size <= 1) {
        return replicas;
    }
    std::int64_t group = 0;
    // Where the number gets a digit more.
    while (group < replicas &&
           name.size() + 1 + std::to_string(group).size() <= api::kMaxStatefulSetName) {
        group = group == 0 ? 10 : group * 10;
    }
    return group;
}

}  // namespace

std::optional<std::string> groups_that_cannot_start(
    const api::LeaderWorkerSet& set, std::int32_t replicas
) {
    const std::int64_t first = first_too_long(set, replicas);
    const std::int64_t last = std::int64_t{replicas} - 1;
    if (first > last) {
        return std::nullopt;
    }
    const std::string which =
        first == last ? "Group " + std::to_string(first)
                      : "Groups " + std::to_string(first) + " to " + std::to_string(last);
    return which + " cannot start: pods of a StatefulSet whose name is longer than " +
           std::to_string(api::kMaxStatefulSetName) +
           " characters exceed the limit of their label controller-revision-hash";
}

}  // namespace lws::rules
