// SPDX-License-Identifier: Apache-2.0
// Rules beyond upstream's: what it accepts and what then can never run. Limits and texts are those
// of Kubernetes v1.36: pkg/apis/apps/validation (ValidateStatefulSetSpec) and the label
// controller-revision-hash that pkg/controller/statefulset puts on pods.
#include <algorithm>
#include <string>

#include "pkg/lws/api/go_text.hpp"
#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/api/name_syntax.hpp"
#include "pkg/lws/api/quantity.hpp"
#include "pkg/lws/api/validation_rules.hpp"

namespace lws::api {
namespace {

void names_can_work(const Subject& subject, Errors& errors) {
    const bool has_workers = subject.size > 1;
    const std::string group = std::to_string(subject.highest_group());
    const std::size_t longest = kMaxStatefulSetName - (has_workers ? 1 + group.size() : 0);
    if (subject.name.size() <= longest) {
        return;
    }
    Arena& arena = errors.arena();
    const std::string_view owner = has_workers ? join(
                                                     arena,
                                                     {"the StatefulSet of group ",
                                                      group,
                                                      " would be named ",
                                                      subject.name,
                                                      "-",
                                                      group,
                                                      ", and "}
                                                 )
                                               : "";
    const std::string_view detail = join(
        arena,
        {"must be no more than ",
         std::to_string(longest),
         " characters: ",
         owner,
         "pods of a StatefulSet whose name is longer than ",
         std::to_string(kMaxStatefulSetName),
         " characters cannot start, because their label controller-revision-hash would exceed ",
         "63 characters"}
    );
    errors.push_back(invalid("metadata.name", go_quote(subject.name, arena), detail));
}

void templates_restart_always(const Subject& subject, Errors& errors) {
    for (const UsedTemplate& used : used_templates(subject)) {
        const auto policy = used.pod_template["spec"]["restartPolicy"].string_or("");
        if (!policy.empty() && policy != "Always") {
            errors.push_back(
                {FieldError::Type::not_supported,
                 used.spec_path("restartPolicy", errors.arena()),
                 go_quote(policy, errors.arena()),
                 "supported values: \"Always\""}
            );
        }
    }
}

void templates_have_no_deadline(const Subject& subject, Errors& errors) {
    for (const UsedTemplate& used : used_templates(subject)) {
        if (used.pod_template["spec"]["activeDeadlineSeconds"].is_number()) {
            errors.push_back(
                {FieldError::Type::forbidden,
                 used.spec_path("activeDeadlineSeconds", errors.arena()),
                 {},
                 "activeDeadlineSeconds in StatefulSet is not Supported"}
            );
        }
    }
}

void templates_have_containers(const Subject& subject, Errors& errors) {
    for (const UsedTemplate& used : used_templates(subject)) {
        if (used.pod_template["spec"]["containers"].size() == 0) {
            errors.push_back(required(used.spec_path("containers", errors.arena()), ""));
        }
    }
}

bool is_non_zero(json::View amount) {
    if (amount.is_number()) {
        return amount.number() != 0.0;
    }
    const auto quantity = parse_quantity(amount.string_or("0"));
    return quantity.has_value() && !quantity->is_zero();
}

bool asks_for_tpus(json::View container) {
    const json::View resources = container["resources"];
    return is_non_zero(resources["limits"][kTpuResource]) ||
           is_non_zero(resources["requests"][kTpuResource]);
}

bool has_own_tpu_environment(json::View container) {
    const auto is_tpu_variable = [](json::View variable) {
        const auto name = variable["name"].string_or("");
        return name == "TPU_WORKER_HOSTNAMES" || name == "TPU_WORKER_ID";
    };
    const auto variables = container["env"].items();
    return std::any_of(variables.begin(), variables.end(), is_tpu_variable);
}

// Containers come before init containers; only the first that asks is looked at.
json::View first_tpu_container(json::View pod_spec) {
    for (const std::string_view list : {"containers", "initContainers"}) {
        for (const json::View container : pod_spec[list].items()) {
            if (asks_for_tpus(container)) {
                return container;
            }
        }
    }
    return {};
}

// An excluded leader has no subgroup index, and the TPU environment of a pod with subgroups is
// computed from it: every such leader pod would be denied.
void excluded_leader_asks_for_no_tpus(const Subject& subject, Errors& errors) {
    if (!subject.leader_excluded || !subject.sub_group_size) {
        return;
    }
    const json::View leader = leader_template(subject.set);
    const json::View container = first_tpu_container(leader["spec"]);
    if (!container.exists() || has_own_tpu_environment(container) ||
        leader["metadata"]["labels"][kSubgroupIndexLabel].exists()) {
        return;
    }
    errors.push_back(invalid(
        "spec.leaderWorkerTemplate.subGroupPolicy.subGroupPolicyType",
        "\"LeaderExcluded\"",
        "the leader asks for google.com/tpu, but a leader outside of all subgroups gets no TPU "
        "environment and its pods would be denied: use LeaderWorker, or ask for no TPUs in the "
        "leader template"
    ));
}

bool is_positive_integer(std::string_view text) {
    return parse_decimal(text).value_or(0) >= 1;
}

bool is_parallel(std::string_view text) {
    return text == kParallelTermination;
}

void check_annotation(
    const Subject& subject,
    std::string_view key,
    bool (*accepts)(std::string_view),
    std::string_view detail,
    Errors& errors
) {
    const json::View value = subject.annotation(key);
    if (value.exists() && !accepts(value.string_or(""))) {
        Arena& arena = errors.arena();
        const std::string_view path = join(arena, {"metadata.annotations.", key});
        errors.push_back(invalid(path, go_quote(value.string_or(""), arena), detail));
    }
}

void restart_grace_period_is_positive(const Subject& subject, Errors& errors) {
    check_annotation(
        subject,
        kRestartGracePeriodAnnotation,
        is_positive_integer,
        "must be a decimal number of seconds, at least 1",
        errors
    );
}

void termination_policy_is_known(const Subject& subject, Errors& errors) {
    check_annotation(
        subject, kPodTerminationPolicyAnnotation, is_parallel, "must be Parallel or absent", errors
    );
}

template <const std::string_view& kKey>
bool same_annotation(const Subject& before, const Subject& after) {
    return after.annotation(kKey).string() == before.annotation(kKey).string();
}

// Never asked: these rules only warn on UPDATE.
bool never(const Subject&, const Subject&) {
    return false;
}

constexpr Rule kAnnotationRules[] = {
    {restart_grace_period_is_positive, same_annotation<kRestartGracePeriodAnnotation>},
    {termination_policy_is_known, same_annotation<kPodTerminationPolicyAnnotation>},
};

constexpr Rule kCreationRules[] = {
    {templates_restart_always, never},
    {templates_have_no_deadline, never},
    {templates_have_containers, never},
    {excluded_leader_asks_for_no_tpus, never},
};

constexpr Rule kNameLengthRule = {names_can_work, never};

}  // namespace

std::string_view UsedTemplate::spec_path(std::string_view member, Arena& arena) const {
    return join(arena, {"spec.leaderWorkerTemplate.", key, ".spec.", member});
}

UsedTemplates used_templates(const Subject& subject) {
    const json::View own_leader = subject.leader_worker_template["leaderTemplate"];
    const json::View worker = subject.leader_worker_template["workerTemplate"];
    const bool has_workers = subject.size > 1;
    if (own_leader.absent_or_null()) {
        const auto role = has_workers ? UsedTemplate::Role::both : UsedTemplate::Role::leader;
        return {{role, "workerTemplate", worker}};
    }
    UsedTemplates used = {{UsedTemplate::Role::leader, "leaderTemplate", own_leader}};
    if (has_workers) {
        used.push_back({UsedTemplate::Role::worker, "workerTemplate", worker});
    }
    return used;
}

std::span<const Rule> annotation_rules() {
    return kAnnotationRules;
}

std::span<const Rule> creation_rules() {
    return kCreationRules;
}

const Rule& name_length_rule() {
    return kNameLengthRule;
}

}  // namespace lws::api
