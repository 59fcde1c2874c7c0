// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/group_cluster.hpp"

#include <algorithm>

namespace lws::rules::model {
namespace {

using Steps = std::vector<ClusterStep>;

PodState& worker(GroupModelState& state, int index) {
    return state.live.workers[static_cast<std::size_t>(index)];
}

void run_stateful_sets(const GroupModelState& state, Steps& out) {
    if (state.live.leader.uid == 0) {
        GroupModelState next = state;
        next.live.leader = PodState{++next.leaders};
        out.push_back({next, ClusterActor::leader_stateful_set, -1, "a leader is made"});
    }
    const WorkersState& workers = state.live.stateful_set;
    GroupModelState next = state;
    bool made = false;
    for (int i = 0; i < kWorkers; ++i) {
        // A pod of another owner under this name is waited for.
        if (workers.uid != 0 && workers.deletion == Deletion::none && worker(next, i).uid == 0) {
            worker(next, i) = PodState{++next.pods[static_cast<std::size_t>(i)], workers.uid};
            made = true;
        }
    }
    if (made) {
        out.push_back({next, ClusterActor::worker_stateful_set, -1, "missing workers are made"});
    }
}

void collect_stateful_set(const GroupModelState& state, Steps& out) {
    const GroupObjects& live = state.live;
    const WorkersState& workers = live.stateful_set;
    if (workers.uid == 0) {
        return;
    }
    const bool has_pods =
        std::any_of(live.workers.begin(), live.workers.end(), [&](const PodState& pod) {
            return pod.uid != 0 && pod.owner == workers.uid;
        });
    GroupModelState next = state;
    if (workers.owner != live.leader.uid) {
        next.live.stateful_set = {};
        out.push_back(
            {next, ClusterActor::garbage_collector, -1, "the StatefulSet goes after its leader"}
        );
    } else if (live.leader.deletion == Deletion::foreground && workers.deletion == Deletion::none) {
        next.live.stateful_set.deletion = Deletion::foreground;
        out.push_back(
            {next, ClusterActor::garbage_collector, -1, "the StatefulSet goes with its leader"}
        );
    } else if (workers.deletion == Deletion::foreground && !has_pods) {
        next.live.stateful_set = {};
        out.push_back({next, ClusterActor::garbage_collector, -1, "the StatefulSet is gone"});
    }
}

void collect_workers(const GroupModelState& state, Steps& out) {
    const WorkersState& workers = state.live.stateful_set;
    for (int i = 0; i < kWorkers; ++i) {
        const PodState& pod = state.live.workers[static_cast<std::size_t>(i)];
        const bool owner_goes =
            pod.owner != workers.uid || workers.deletion == Deletion::foreground;
        if (pod.uid != 0 && pod.deletion == Deletion::none && owner_goes) {
            GroupModelState next = state;
            worker(next, i).deletion = Deletion::background;
            out.push_back(
                {next, ClusterActor::garbage_collector, i, "without its owner goes worker"}
            );
        }
    }
}

void run_kubelets(const GroupModelState& state, Steps& out) {
    const PodState& leader = state.live.leader;
    GroupModelState next = state;
    if (leader.uid != 0 && leader.deletion == Deletion::none && leader.running == 0) {
        next.live.leader.running = 1;
        out.push_back({next, ClusterActor::leader_kubelet, -1, "the leader runs"});
    }
    const WorkersState& workers = state.live.stateful_set;
    const bool waits =
        leader.deletion == Deletion::foreground && workers.uid != 0 && workers.owner == leader.uid;
    if (leader.uid != 0 && leader.deletion != Deletion::none && !waits) {
        next.live.leader = {};
        out.push_back({next, ClusterActor::leader_kubelet, -1, "the leader is gone"});
    }
    for (int i = 0; i < kWorkers; ++i) {
        const PodState& pod = state.live.workers[static_cast<std::size_t>(i)];
        GroupModelState after = state;
        if (pod.uid != 0 && pod.deletion != Deletion::none) {
            worker(after, i) = {};
            out.push_back({after, ClusterActor::worker_kubelet, i, "gone is worker"});
        } else if (pod.uid != 0 && pod.running == 0) {
            worker(after, i).running = 1;
            out.push_back({after, ClusterActor::worker_kubelet, i, "runs: worker"});
        }
    }
}

}  // namespace

std::vector<ClusterStep> cluster_steps(const GroupModelState& state) {
    Steps out;
    run_stateful_sets(state, out);
    collect_stateful_set(state, out);
    collect_workers(state, out);
    run_kubelets(state, out);
    return out;
}

bool is_own(const PodState& worker, const GroupObjects& objects) {
    return worker.uid != 0 && objects.leader.uid != 0 && worker.owner == objects.stateful_set.uid &&
           objects.stateful_set.owner == objects.leader.uid;
}

}  // namespace lws::rules::model
