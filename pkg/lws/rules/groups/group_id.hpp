// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/k8s/pod.hpp"

namespace lws::rules {

// Which group of a set. Callers compare and print it; only the rollout, which works on ordinals,
// asks for index(), so that an identity that is no ordinal needs no change elsewhere.
class GroupId {
public:
    // The value of the label group-index: decimal digits without sign, at most 2147483647.
    [[nodiscard]] static std::optional<GroupId> from_label(std::string_view value);
    // By label, or for a leader that no webhook labelled, by the ordinal that ends its name.
    [[nodiscard]] static std::optional<GroupId> of(const k8s::Pod& pod);
    explicit GroupId(std::int32_t index) : index_(index) {}

    [[nodiscard]] std::int32_t index() const { return index_; }
    // The label's value.
    [[nodiscard]] std::string text() const { return std::to_string(index_); }
    // `<set>-<group>`: the leader pod, its worker StatefulSet and per-replica Service.
    [[nodiscard]] std::string leader_name(std::string_view set_name) const;

    friend auto operator<=>(const GroupId&, const GroupId&) = default;

private:
    std::int32_t index_;
};

}  // namespace lws::rules
