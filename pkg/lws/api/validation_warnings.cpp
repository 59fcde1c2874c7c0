// SPDX-License-Identifier: Apache-2.0
// What is legal and likely wrong. The API server cuts a warning after 256 characters, so the path
// and the point come first.
#include <algorithm>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/validation_rules.hpp"

namespace lws::api {
namespace {

using Warnings = std::vector<std::string>;

// More tell nobody more, and the API server drops what goes beyond 4 KiB.
constexpr std::size_t kMaxWarnings = 16;

void all_groups_down_at_once(const Subject& subject, Warnings& warnings) {
    const auto unavailable =
        subject.max_unavailable.scaled(subject.replicas, Rounding::down).value_or(0);
    if (subject.replicas > 1 && unavailable >= subject.replicas) {
        warnings.push_back(
            "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable: all " +
            std::to_string(subject.replicas) + " groups may be down at once during a rollout"
        );
    }
}

void subgroups_of_one_pod(const Subject& subject, Warnings& warnings) {
    if (subject.has_sub_group_policy && subject.size == 1) {
        warnings.push_back(
            "spec.leaderWorkerTemplate.subGroupPolicy: groups of size 1 have nothing to divide"
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
            warnings.push_back(
                used.spec_path("containers") + ": the variable " + std::string(name) +
                " is set by LeaderWorkerSet, the value given here is ignored"
            );
        }
    }
}

void replaced_host_names(const UsedTemplate& used, Warnings& warnings) {
    for (const std::string_view member : {"hostname", "subdomain"}) {
        if (!used.pod_template["spec"][member].string_or("").empty()) {
            warnings.push_back(
                used.spec_path(member) + ": ignored, the StatefulSet sets it for each pod"
            );
        }
    }
}

// A restart of the group starts from a container that was restarted or a pod that was replaced; a
// container that stays down for ever causes neither.
void unseen_failures(const Subject& subject, const UsedTemplate& used, Warnings& warnings) {
    const auto policy = subject.leader_worker_template["restartPolicy"].string_or("");
    if (policy == "None" || policy == "Default") {
        return;
    }
    const json::View containers = used.pod_template["spec"]["containers"];
    const auto items = containers.items();
    const auto stays_down = [](json::View container) {
        return container["restartPolicy"].string() == "Never";
    };
    if (std::any_of(items.begin(), items.end(), stays_down)) {
        warnings.push_back(
            used.spec_path("containers") +
            ": a container with restartPolicy Never is not restarted when it fails, so its failure "
            "does not recreate the group"
        );
    }
}

}  // namespace

void append_warnings(const Subject& subject, Warnings& warnings) {
    all_groups_down_at_once(subject, warnings);
    subgroups_of_one_pod(subject, warnings);
    for (const UsedTemplate& used : used_templates(subject)) {
        replaced_variables(used, warnings);
        replaced_host_names(used, warnings);
        unseen_failures(subject, used, warnings);
    }
    if (warnings.size() > kMaxWarnings) {
        warnings.resize(kMaxWarnings);
    }
}

}  // namespace lws::api
