// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_id.hpp"

#include <limits>

#include "pkg/lws/rules/admission/pod_name.hpp"

namespace lws::rules {
namespace {

std::optional<std::int32_t> parse_digits(std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    std::int64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
        if (value > std::numeric_limits<std::int32_t>::max()) {
            return std::nullopt;
        }
    }
    return static_cast<std::int32_t>(value);
}

}  // namespace

std::optional<GroupId> GroupId::from_label(std::string_view value) {
    const auto index = parse_digits(value);
    return index ? std::optional(GroupId(*index)) : std::nullopt;
}

std::optional<GroupId> GroupId::of(const k8s::Pod& pod) {
    if (!pod.group_index.empty()) {
        return from_label(pod.group_index);
    }
    const auto ordinal = pod.is_leader() ? split_pod_name(pod.key.name).ordinal : std::nullopt;
    return ordinal ? std::optional(GroupId(*ordinal)) : std::nullopt;
}

std::string GroupId::leader_name(std::string_view set_name) const {
    return std::string(set_name) + "-" + text();
}

}  // namespace lws::rules
