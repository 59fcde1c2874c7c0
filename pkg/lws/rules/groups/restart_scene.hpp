// SPDX-License-Identifier: Apache-2.0
// A group and its judgement, for the tests of restart.hpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pkg/lws/rules/groups/groups_fixture.hpp"
#include "pkg/lws/rules/groups/restart.hpp"

namespace lws::rules::testing {

// Group 0 of size 3, healthy and complete.
struct Group {
    TestSet set = make_set("'replicas':2", "'size':3");
    k8s::Pod leader = make_leader(0);
    k8s::StatefulSet workers;
    k8s::Pod first;
    k8s::Pod second;
    GroupMemory memory;
    BackoffSettings backoff;
    k8s::Seconds now = *k8s::parse_time("2026-01-02T03:04:05Z");

    Group() {
        leader.size = "3";
        workers = make_workers(leader, 2);
        first = make_worker(workers, 1);
        second = make_worker(workers, 2);
    }

    [[nodiscard]] RestartVerdict judge() const { return judge({&leader, &first, &second}); }

    [[nodiscard]] RestartVerdict judge(std::vector<const k8s::Pod*> pods) const {
        RestartInput input;
        input.set = &set.set;
        input.leader = &leader;
        input.pods = std::move(pods);
        input.worker_stateful_set = &workers;
        input.memory = memory;
        input.backoff = backoff;
        input.now = now;
        return judge_restart(input);
    }
};

inline TestSet with_policy(const std::string& policy, const std::string& annotations = "") {
    return make_set(
        "'replicas':2",
        "'size':3,'restartPolicy':'" + policy + "'",
        ",'annotations':{" + annotations + "}"
    );
}

}  // namespace lws::rules::testing
