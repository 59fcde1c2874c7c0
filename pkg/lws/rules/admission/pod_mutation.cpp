// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/pod_mutation.hpp"

#include <string>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/admission/affinity.hpp"
#include "pkg/lws/rules/admission/environment.hpp"
#include "pkg/lws/rules/admission/go_integer.hpp"
#include "pkg/lws/rules/admission/group_key.hpp"
#include "pkg/lws/rules/admission/pod_draft.hpp"
#include "pkg/lws/rules/admission/pod_name.hpp"
#include "pkg/lws/rules/admission/pod_shape.hpp"
#include "pkg/lws/rules/admission/subgroups.hpp"
#include "pkg/lws/rules/admission/tpu.hpp"

namespace lws::rules {
namespace {

Result<std::int32_t> read_ordinal(const PodDraft& draft) {
    if (const auto ordinal = split_pod_name(draft.name()).ordinal) {
        return *ordinal;
    }
    return Error(ErrorCode::forbidden, "parsing pod ordinal for pod " + std::string(draft.name()));
}

Result<void> plan_leader(PodDraft& draft) {
    if (!draft.label(api::kGroupIndexLabel)) {
        const auto ordinal = read_ordinal(draft);
        if (!ordinal) {
            return ordinal.error();
        }
        draft.set_label(api::kGroupIndexLabel, join(draft.arena(), {std::to_string(*ordinal)}));
    }
    if (draft.annotation(api::kSubdomainPolicyAnnotation) == "UniquePerReplica") {
        draft.set_subdomain(draft.name());
    }
    if (!draft.label(api::kGroupKeyLabel)) {
        draft.set_label(
            api::kGroupKeyLabel, make_group_key(draft.arena(), draft.namespace_name(), draft.name())
        );
    }
    AffinityPlanner affinity(draft);
    if (const auto topology = draft.annotation(api::kExclusiveTopologyAnnotation)) {
        const auto key = draft.label_or_empty(api::kGroupKeyLabel);
        affinity.require_exclusive(api::kGroupKeyLabel, key, *topology);
    }
    plan_leader_subgroup(draft, affinity);
    return {};
}

Result<void> plan_worker(PodDraft& draft, std::int64_t size) {
    const auto worker_index = read_ordinal(draft);
    if (!worker_index) {
        return worker_index.error();
    }
    draft.set_label(api::kWorkerIndexLabel, join(draft.arena(), {std::to_string(*worker_index)}));
    AffinityPlanner affinity(draft);
    return plan_worker_subgroup(draft, affinity, size, *worker_index);
}

// The name that the controller gives the group's PodGroup.
// Source: kubernetes-sigs/lws v0.10 pkg/schedulerprovider, GetPodGroupName.
void plan_gang(PodDraft& draft) {
    const auto group = join(
        draft.arena(),
        {draft.label_or_empty(api::kSetNameLabel),
         "-",
         draft.label_or_empty(api::kGroupIndexLabel),
         "-",
         draft.label_or_empty(api::kRevisionKeyLabel)}
    );
    draft.set_annotation(api::kPodGroupNameAnnotation, group);
}

}  // namespace

Result<void> plan_pod(
    json::View pod, const PodMutationOptions& options, json::PatchBuilder& patch
) {
    if (auto shape = check_pod_shape(pod); !shape) {
        return shape;
    }
    PodDraft draft(pod, patch);
    if (!draft.label(api::kSetNameLabel)) {
        return {};
    }
    const auto size_text = draft.annotation(api::kSizeAnnotation);
    if (!size_text) {
        return Error(
            ErrorCode::forbidden,
            "size annotation is unexpectedly missing for pod " + std::string(draft.name())
        );
    }
    const auto size = parse_go_integer(*size_text);
    if (!size) {
        return size.error();
    }
    // Decided before the worker's index is written, which could make it `0`.
    if (auto labelled = draft.is_leader() ? plan_leader(draft) : plan_worker(draft, *size);
        !labelled) {
        return labelled;
    }
    if (options.gang_scheduling == GangScheduling::volcano) {
        plan_gang(draft);
    }
    const auto tpu = plan_tpu_environment(draft, *size);
    if (!tpu) {
        return tpu.error();
    }
    return plan_environment(draft, *tpu);
}

}  // namespace lws::rules
