// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pkg/lws/k8s/meta.hpp"

namespace lws::k8s {

// What is decided on of a leader or worker StatefulSet. Absent numbers are the API's defaults.
struct StatefulSet {
    ObjectKey key;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
    std::optional<Owner> controller;
    bool deleting = false;

    // Labels; empty when absent. Only worker StatefulSets carry a group index.
    std::string set_name;
    std::string group_index;
    std::string revision_key;
    // Annotation `replicas` of a leader StatefulSet, raw.
    std::optional<std::string> replicas_annotation;

    // Annotation `group-memory` of a leader StatefulSet, raw; empty when absent.
    std::string group_memory;
    // Annotation `pod-termination-policy` is Parallel; on worker StatefulSets as the set had it
    // when they were made.
    bool parallel_termination = false;

    std::int32_t replicas = 1;   // spec.replicas
    std::int32_t partition = 0;  // spec.updateStrategy.rollingUpdate.partition
    // spec.updateStrategy.rollingUpdate.maxUnavailable as text: absent where the API server drops
    // it (feature gate MaxUnavailableStatefulSet off).
    std::optional<std::string> max_unavailable;
    // selector_text() of spec.selector; kept only when no Pod controls this StatefulSet.
    std::string selector;

    std::int32_t status_replicas = 0;
    std::int32_t ready_replicas = 0;
    std::int32_t available_replicas = 0;
    std::int64_t observed_generation = 0;
    // status.currentRevision and status.updateRevision.
    std::string current_revision;
    std::string update_revision;

    // Changes with labels, annotations, owner references and generation (so with the spec), and
    // not with status: equal fingerprints mean that nothing that we apply was touched.
    std::uint64_t fingerprint = 0;

    // Upstream v0.10, pkg/utils/statefulset: all pods available and no rollout under way.
    [[nodiscard]] bool is_ready() const {
        return replicas == available_replicas && current_revision == update_revision;
    }

    friend bool operator==(const StatefulSet&, const StatefulSet&) = default;
};

[[nodiscard]] Result<StatefulSet> read_stateful_set(json::View object);

}  // namespace lws::k8s
