// SPDX-License-Identifier: Apache-2.0
// Whose an object is that has the name of a group's: objects of one leader outlive it for a moment.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/k8s/owned_object.hpp"
#include "pkg/lws/k8s/pod.hpp"

namespace lws::rules {

enum class Ownership {
    ours,         // this leader object controls it
    predecessor,  // an earlier leader of this name did: garbage collection is on its way
    foreign,
};

[[nodiscard]] Ownership ownership_of(
    const std::optional<k8s::Owner>& owner, const k8s::Pod& leader
);

// `controlled by StatefulSet x`, or `without a controller`.
[[nodiscard]] std::string describe(const std::optional<k8s::Owner>& owner);

// `Service ml/vllm-0 already exists without a controller`.
[[nodiscard]] std::string already_exists(std::string_view kind, const k8s::OwnedObject& object);

}  // namespace lws::rules
