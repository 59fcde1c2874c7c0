// SPDX-License-Identifier: Apache-2.0
// Objects for the tests of this folder, made from the JSON that an API server would show.
#pragma once

#include <string>
#include <utility>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/k8s/stateful_set.hpp"
#include "pkg/lws/rules/groups/leader_stateful_set.hpp"

namespace lws::rules::testing {

// A JSON text with ' for " so that tests stay readable.
inline json::Document parse(std::string text) {
    for (char& c : text) {
        c = c == '\'' ? '"' : c;
    }
    return json::parse(std::move(text)).value();
}

// A set together with the document it was read from.
struct TestSet {
    explicit TestSet(std::string text)
        : document(parse(std::move(text))),
          set(api::read_leader_worker_set(document.root()).value()) {}

    [[nodiscard]] json::View object() const { return document.root(); }

    json::Document document;
    api::LeaderWorkerSet set;
};

// Set `vllm`, uid `set-uid`, generation 3; `spec` holds what comes before the templates.
inline TestSet make_set(
    const std::string& spec = "'replicas':2",
    const std::string& group = "'size':2",
    const std::string& metadata = "",
    const std::string& status = "{}"
) {
    return TestSet(
        "{'apiVersion':'leaderworkerset.x-k8s.io/v1','kind':'LeaderWorkerSet','metadata':{'name':"
        "'vllm','namespace':'ml','uid':'set-uid','resourceVersion':'100','generation':3" +
        metadata + "},'spec':{" + spec + ",'leaderWorkerTemplate':{" + group +
        ",'workerTemplate':{'spec':{'containers':[{'name':'w','image':'worker'}]}}}},'status':" +
        status + "}"
    );
}

inline k8s::Pod make_leader(int group, const std::string& uid = "") {
    k8s::Pod pod;
    pod.key = {"ml", "vllm-" + std::to_string(group)};
    pod.uid = uid.empty() ? "leader-" + std::to_string(group) : uid;
    pod.set_name = "vllm";
    pod.group_index = std::to_string(group);
    pod.worker_index = "0";
    pod.revision_key = "key-a";
    pod.group_key = "group-key-" + std::to_string(group);
    pod.size = "2";
    pod.controller = k8s::Owner{"StatefulSet", "vllm", "sts-uid"};
    pod.phase = k8s::PodPhase::running;
    pod.ready = true;
    return pod;
}

inline k8s::StatefulSet make_workers(const k8s::Pod& leader, int replicas = 1) {
    k8s::StatefulSet workers;
    workers.key = leader.key;
    workers.uid = "workers-of-" + leader.uid;
    workers.set_name = "vllm";
    workers.group_index = leader.group_index;
    workers.revision_key = leader.revision_key;
    workers.controller = k8s::Owner{"Pod", leader.key.name, leader.uid};
    workers.replicas = replicas;
    workers.available_replicas = replicas;
    workers.current_revision = "r";
    workers.update_revision = "r";
    return workers;
}

inline k8s::Pod make_worker(const k8s::StatefulSet& workers, int index) {
    k8s::Pod pod;
    pod.key = {"ml", workers.key.name + "-" + std::to_string(index)};
    pod.uid = workers.uid + "/" + std::to_string(index);
    pod.set_name = "vllm";
    pod.group_index = workers.group_index;
    pod.worker_index = std::to_string(index);
    pod.revision_key = workers.revision_key;
    pod.size = "2";
    pod.controller = k8s::Owner{"StatefulSet", workers.key.name, workers.uid};
    pod.phase = k8s::PodPhase::running;
    pod.ready = true;
    return pod;
}

// The leader StatefulSet of make_set() at rest.
inline k8s::StatefulSet make_leaders(int replicas = 2) {
    k8s::StatefulSet leaders;
    leaders.key = {"ml", "vllm"};
    leaders.uid = "sts-uid";
    leaders.resource_version = "200";
    leaders.controller = k8s::Owner{"LeaderWorkerSet", "vllm", "set-uid"};
    leaders.set_name = "vllm";
    leaders.revision_key = "key-a";
    leaders.replicas_annotation = std::to_string(replicas);
    leaders.replicas = replicas;
    leaders.selector = leader_selector("vllm");
    leaders.status_replicas = replicas;
    leaders.fingerprint = 7;
    return leaders;
}

}  // namespace lws::rules::testing
