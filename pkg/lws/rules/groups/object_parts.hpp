// SPDX-License-Identifier: Apache-2.0
// Parts that the objects of this folder share, written straight into the body. The templates are
// copied member by member, so that fields newer than this program survive.
#pragma once

#include <optional>
#include <string_view>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/k8s/meta.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/rules/groups/worker_stateful_set.hpp"

namespace lws::rules {

// Lays `over` on top of `base`.
[[nodiscard]] api::StringMap merged(const api::StringMap& base, const api::StringMap& over);

void write_string_map(json::Writer& writer, const api::StringMap& map);

// `ownerReferences` with the one controller, blockOwnerDeletion true.
void write_controller(
    json::Writer& writer, std::string_view api_version, const k8s::Owner& controller
);

struct TemplateAdditions {
    api::StringMap labels;
    api::StringMap annotations;
    std::optional<TopologyPin> pin;  // goes into spec.nodeSelector
};

// A PodTemplateSpec: the user's with the additions over it.
void write_pod_template(
    json::Writer& writer, json::View pod_template, const TemplateAdditions& additions
);

// Member `volumeClaimTemplates`, nothing if there are none. The API server compares this field as
// a whole and refuses any change: what is written here is what upstream writes (v0.10,
// pkg/utils/controller, GetPVCApplyConfiguration), metadata.namespace included.
void write_volume_claim_templates(
    json::Writer& writer, json::View templates, std::string_view namespace_
);

// Member `persistentVolumeClaimRetentionPolicy`, nothing if there is none.
void write_retention_policy(
    json::Writer& writer, const std::optional<api::ClaimRetentionPolicy>& policy
);

}  // namespace lws::rules
