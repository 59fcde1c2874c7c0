// SPDX-License-Identifier: Apache-2.0
// The leader StatefulSet that a set wants. Source: kubernetes-sigs/lws v0.10,
// leaderworkerset_controller.go, constructLeaderStatefulSetApplyConfiguration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/view.hpp"

namespace lws::rules {

// Server-side apply keeps fields by manager: any other name would leave what we drop owned by
// upstream's, and the other way round at a hand-back.
inline constexpr std::string_view kFieldManager = "lws";

struct LeaderStatefulSetInput {
    const api::LeaderWorkerSet* set = nullptr;
    json::View set_object;  // of the same set: the templates are copied from it
    std::string_view revision_key;
    std::int32_t partition = 0;
    std::int32_t replicas = 0;
    // Annotation group-memory; none when empty, and never the user's.
    std::string_view group_mark;
    // The live object that the apply was planned on; empty for a creation. A late apply then gets
    // a conflict instead of the last word.
    std::string_view uid;
    std::string_view resource_version;
};

struct DesiredObject {
    std::string body;
    // Of the body without uid, resourceVersion and group mark: equal hashes mean that the same is
    // wanted.
    std::uint64_t hash = 0;
};

// Body of the apply; the same input gives the same bytes.
[[nodiscard]] DesiredObject make_leader_stateful_set(const LeaderStatefulSetInput& input);

// selector_text() of the selector that every leader StatefulSet of this set has; also what
// status.hpaPodSelector says.
[[nodiscard]] std::string leader_selector(std::string_view set_name);

}  // namespace lws::rules
