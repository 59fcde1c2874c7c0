// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/pod_group.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/groups/object_parts.hpp"
#include "pkg/lws/rules/groups/pod_requests.hpp"
#include "pkg/lws/rules/groups/set_status.hpp"

namespace lws::rules {
namespace {

constexpr std::string_view kVolcanoPrefix = "volcano.sh/";
constexpr std::string_view kQueueNameAnnotation = "scheduling.volcano.sh/queue-name";

// The leader and its workers together.
Result<ResourceList> group_requests(json::View data, std::int64_t size) {
    auto total = pod_requests(api::leader_template(data)["spec"]);
    auto workers = pod_requests(api::worker_template(data)["spec"]);
    if (!workers) {
        return workers.error();
    }
    if (total && size > 1) {
        for (auto& [name, amount] : *workers) {
            amount *= size - 1;
        }
        add_resources(*total, *workers);
    }
    return total;
}

void write_metadata(json::Writer& writer, const WorkerStatefulSetInput& input) {
    const k8s::Pod& leader = *input.leader;
    api::StringMap annotations;
    for (const auto& [key, value] : input.set->metadata.annotations) {
        if (key.starts_with(kVolcanoPrefix)) {
            annotations.emplace(key, value);
        }
    }
    writer.key("metadata").begin_object();
    writer.member("name", leader.pod_group_name).member("namespace", leader.key.namespace_);
    writer.key("labels").begin_object();
    writer.member(api::kSetNameLabel, input.set->metadata.name);
    writer.member(api::kGroupIndexLabel, leader.group_index);
    writer.member(api::kRevisionKeyLabel, leader.revision_key);
    writer.end_object();
    if (!annotations.empty()) {
        writer.key("annotations");
        write_string_map(writer, annotations);
    }
    write_controller(writer, "v1", k8s::Owner{"Pod", leader.key.name, leader.uid});
    writer.end_object();
}

Result<std::string> make_pod_group(const WorkerStatefulSetInput& input) {
    const std::int64_t size = input.revision_set->spec.leader_worker_template.size;
    const auto requests = group_requests(input.revision_data, size);
    if (!requests) {
        return requests.error();
    }
    // Its workers are made only once the leader runs: it must be scheduled by itself.
    const bool leader_first = input.set->spec.startup_policy == api::StartupPolicy::leader_ready;
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    writer.member("apiVersion", "scheduling.volcano.sh/v1beta1").member("kind", "PodGroup");
    write_metadata(writer, input);
    writer.key("spec").begin_object();
    writer.member("minMember", leader_first ? std::int64_t{1} : std::max<std::int64_t>(size, 1));
    if (const auto queue = input.set->metadata.annotation(kQueueNameAnnotation)) {
        writer.member("queue", *queue);
    }
    writer.key("minResources").begin_object();
    for (const auto& [name, amount] : *requests) {
        writer.member(name, amount.text());
    }
    writer.end_object();
    writer.end_object();
    writer.end_object();
    return body;
}

}  // namespace

Result<Action> plan_pod_group(const WorkerStatefulSetInput& input) {
    const k8s::Pod& leader = *input.leader;
    auto body = make_pod_group(input);
    if (!body) {
        return Error(
            body.error().code, "PodGroup " + leader.pod_group_name + ": " + body.error().message
        );
    }
    Action action;
    action.kind = ActionKind::create_pod_group;
    action.key = {leader.key.namespace_, leader.pod_group_name};
    action.body = *std::move(body);
    action.on_failure = pod_group_failure(*input.set, leader, kErrorPlaceholder);
    action.reason = "the group has no PodGroup";
    return action;
}

Event pod_group_failure(
    const api::LeaderWorkerSet& set, const k8s::Pod& leader, std::string_view error
) {
    Event made;
    made.type = EventType::warning;
    made.reason = "FailedCreate";
    made.action = "Create";
    made.regarding = reference_to(set);
    made.related = k8s::reference_to(leader);
    made.note =
        "Failed to create PodGroup for leader pod " + leader.key.name + ": " + std::string(error);
    return made;
}

}  // namespace lws::rules
