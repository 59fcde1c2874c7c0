// SPDX-License-Identifier: Apache-2.0
// What is legal and likely wrong. The API server cuts a warning after 256 characters, so the path
// and the point come first.
#include <algorithm>
#include <string>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/validation_rules.hpp"

namespace lws::api {
namespace {

// More tell nobody more, and the API server drops what goes beyond 4 KiB.
constexpr std::size_t kMaxWarnings = 16;

void all_groups_down_at_once(const Subject& subject, Warnings& warnings) {
    const auto unavailable =
        subject.max_unavailable.scaled(subject.replicas, Rounding::down).value_or(0);
    if (subject.replicas > 1 && unavailable >= subject.replicas) {
        warnings.add(
            {"spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable: all ",
             std::to_string(subject.replicas),
             " groups may be down at once during a rollout"}
        );
    }
}

void subgroups_of_one_pod(const Subject& subject, Warnings& warnings) {
    if (subject.has_sub_group_policy && subject.size == 1) {
        warnings.add(
            {"spec.leaderWorkerTemplate.subGroupPolicy: groups of size 1 have nothing to divide"}
        );
    }
}

bool sets_variable(json::View pod_spec, std::string_view name) {
    for (const std::string_view list : {"containers", "initContainers"}) {
        for (const json::View container : pod_spec[list].items()) {
            const auto variables = container["env"].items();
            const auto is_it = [name](json::View entry) { return entry["name"].string() == name; };
            if (std::any_of(variables.begin(), variables.end(), is_it)) {
                return true;
            }
        }
    }
    return false;
}

void replaced_variables(const UsedTemplate& used, Warnings& warnings) {
    for (const std::string_view name : {kLeaderAddressEnv, kGroupSizeEnv, kWorkerIndexEnv}) {
        if (sets_variable(used.pod_template["spec"], name)) {
            warnings.add(
                {used.spec_path("containers", warnings.arena()),
                 ": the variable ",
                 name,
                 " is set by LeaderWorkerSet, the value given here is ignored"}
            );
        }
    }
}

void replaced_host_names(const UsedTemplate& used, Warnings& warnings) {
    for (const std::string_view member : {"hostname", "subdomain"}) {
        if (!used.pod_template["spec"][member].string_or("").empty()) {
            warnings.add(
                {used.spec_path(member, warnings.arena()),
                 ": ignored, the StatefulSet sets it for each pod"}
            );
        }
    }
}

bool never_recreates(const Subject& subject) {
    const auto policy = subject.leader_worker_template["restartPolicy"].string_or("");
    return policy == "None" || policy == "Default";
}

void recreation_without_effect(const Subject& subject, Warnings& warnings) {
    if (never_recreates(subject) &&
        subject.annotation(kRecreateGroupAfterStartAnnotation).exists()) {
        warnings.add(
            {"metadata.annotations.",
             kRecreateGroupAfterStartAnnotation,
             ": no effect, a set with restartPolicy None recreates no group"}
        );
    }
}

// Rules may restart the container for some exit codes: their author has thought about it.
bool stays_down(json::View container) {
    return container["restartPolicy"].string() == "Never" &&
           container["restartPolicyRules"].size() == 0;
}

// A restart of the group starts from a container that was restarted or a pod that was replaced. A
// container that stays down causes the first never, and the second only when no other container of
// its pod runs on: then the pod fails as a whole and its StatefulSet replaces it.
// Source: Kubernetes v1.36 pkg/kubelet/kubelet_pods.go, getPhase.
void unseen_failures(const Subject& subject, const UsedTemplate& used, Warnings& warnings) {
    const json::View containers = used.pod_template["spec"]["containers"];
    const auto items = containers.items();
    if (!never_recreates(subject) && containers.size() > 1 &&
        std::any_of(items.begin(), items.end(), stays_down)) {
        warnings.add(
            {used.spec_path("containers", warnings.arena()),
             ": a container with restartPolicy Never that fails while others run is not restarted, "
             "so its failure does not recreate the group"}
        );
    }
}

}  // namespace

void append_warnings(const Subject& subject, Warnings& warnings) {
    all_groups_down_at_once(subject, warnings);
    subgroups_of_one_pod(subject, warnings);
    recreation_without_effect(subject, warnings);
    for (const UsedTemplate& used : used_templates(subject)) {
        replaced_variables(used, warnings);
        replaced_host_names(used, warnings);
        unseen_failures(subject, used, warnings);
    }
    warnings.keep_first(kMaxWarnings);
}

}  // namespace lws::api
