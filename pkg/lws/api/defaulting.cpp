// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/defaulting.hpp"

#include <string_view>

namespace lws::api {
namespace {

constexpr std::string_view kSpec = "spec";
constexpr std::string_view kTemplate = "leaderWorkerTemplate";
constexpr std::string_view kRollout = "rolloutStrategy";
constexpr std::string_view kRolling = "rollingUpdateConfiguration";
constexpr std::string_view kNetwork = "networkConfig";

// Go decodes an absent, a null and an empty text alike where the field is no pointer.
bool is_empty_text(json::View value) {
    return value.absent_or_null() || value.string() == std::string_view();
}

void default_restart_policy(json::View spec, json::PatchBuilder& patch) {
    const json::View policy = spec[kTemplate]["restartPolicy"];
    const bool is_old_name = policy.string() == "Default";
    if ((!is_empty_text(policy) && !is_old_name) || !patch.ensure_object({kSpec, kTemplate})) {
        return;
    }
    patch.set(
        {kSpec, kTemplate, "restartPolicy"}, is_old_name ? "None" : "RecreateGroupOnPodRestart"
    );
}

void default_rollout_strategy(json::View spec, json::PatchBuilder& patch) {
    const json::View type = spec[kRollout]["type"];
    const bool needs_type = is_empty_text(type);
    const bool needs_configuration = (needs_type || type.string() == "RollingUpdate") &&
                                     spec[kRollout][kRolling].absent_or_null();
    if ((!needs_type && !needs_configuration) || !patch.ensure_object({kSpec, kRollout})) {
        return;
    }
    if (needs_type) {
        patch.set({kSpec, kRollout, "type"}, "RollingUpdate");
    }
    if (needs_configuration) {
        patch.set_raw(
            {kSpec, kRollout, kRolling}, R"({"partition":0,"maxUnavailable":1,"maxSurge":0})"
        );
    }
}

// The policy is a pointer in Go: the empty text is a value of its own and stays.
void default_network(json::View spec, json::PatchBuilder& patch) {
    if (spec[kNetwork]["subdomainPolicy"].absent_or_null() &&
        patch.ensure_object({kSpec, kNetwork})) {
        patch.set({kSpec, kNetwork, "subdomainPolicy"}, "Shared");
    }
}

}  // namespace

void plan_defaults(json::View set, json::PatchBuilder& patch) {
    const json::View spec = set["spec"];
    if (!set.is_object() || (!spec.absent_or_null() && !spec.is_object())) {
        return;
    }
    default_restart_policy(spec, patch);
    default_rollout_strategy(spec, patch);
    default_network(spec, patch);
}

}  // namespace lws::api
