// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lws::rules {

// The name of a pod that a StatefulSet made, taken apart at its last `-`.
struct PodNameParts {
    std::string_view parent;              // empty when the name does not end in `-<digits>`
    std::optional<std::int32_t> ordinal;  // also absent when the digits exceed int32
};

// Leading zeros of the ordinal go. The parent is a part of `name`.
// Source: kubernetes-sigs/lws v0.10 pkg/utils/statefulset, GetParentNameAndOrdinal.
[[nodiscard]] PodNameParts split_pod_name(std::string_view name);

}  // namespace lws::rules
