// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/testing/fake_cluster.hpp"

namespace lws::controller::testing {

// What the rest of a cluster does with StatefulSets and pods: kube-controller-manager's StatefulSet
// controller and garbage collector, one kubelet, and the labels that the pod webhook would add.
// Nothing happens but in step(). Ordinal start, partition, Parallel, rolling update from the last
// pod down with maxUnavailable; no claims, no minReadySeconds.
class FakeWorkloads {
public:
    explicit FakeWorkloads(FakeCluster& cluster) : cluster_(cluster) {}

    // One round of everything; false when there was nothing to do.
    bool step();

    // Whether a pod that runs becomes Ready by itself; asked in each round until it is.
    std::function<bool(const JsonObject& pod)> may_become_ready = [](const JsonObject&) {
        return true;
    };
    // Whether a terminating pod's grace period ends; asked in each round.
    std::function<bool(const JsonObject& pod)> may_end = [](const JsonObject&) { return true; };

    void restart_container(const std::string& ns, const std::string& pod);
    void set_ready(const std::string& ns, const std::string& pod, bool ready);

private:
    struct Revisions {
        std::string current;
        std::string update;
        std::map<std::string, JsonValue> templates;
    };
    struct OwnedPods {
        std::map<int, JsonObject> by_ordinal;
        std::vector<JsonObject> others;
    };

    bool run_pods();
    bool run_pod(const JsonObject& pod);
    bool run_stateful_set(const JsonObject& stateful_set);
    bool scale(const JsonObject& stateful_set, const OwnedPods& pods, const Revisions& revisions);
    bool roll(const JsonObject& stateful_set, const OwnedPods& pods, const Revisions& revisions);
    bool write_status(const JsonObject& stateful_set, const OwnedPods& pods, Revisions& revisions);
    [[nodiscard]] OwnedPods pods_of(const JsonObject& stateful_set) const;
    Revisions& track_revisions(const JsonObject& stateful_set);
    void create_pod(const JsonObject& stateful_set, int ordinal, const Revisions& revisions);

    FakeCluster& cluster_;
    std::map<std::string, Revisions> revisions_;  // by UID of the StatefulSet
};

[[nodiscard]] bool is_ready(const JsonObject& pod);

}  // namespace lws::controller::testing
