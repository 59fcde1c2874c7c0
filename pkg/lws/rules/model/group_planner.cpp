// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/group_planner.hpp"

#include <span>
#include <vector>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/plan_group.hpp"
#include "pkg/lws/rules/groups/restart.hpp"
#include "pkg/lws/rules/model/state_table.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"

namespace lws::rules::model {
namespace {

constexpr std::string_view kLeaderUid = "leader-";
constexpr std::string_view kWorkersUid = "sts-";

std::string uid(std::string_view kind, int number) {
    return std::string(kind) + std::to_string(number);
}

std::string worker_uid(int index, int number) {
    return "worker-" + std::to_string(index) + "-" + std::to_string(number);
}

// The number that ends a UID of ours.
std::uint8_t number_of(std::string_view text) {
    return static_cast<std::uint8_t>(std::stoi(std::string(text.substr(text.rfind('-') + 1))));
}

std::string set_text(const GroupScope& scope) {
    std::string text =
        R"({"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","metadata":)"
        R"({"name":"m","namespace":"n","uid":"set-uid","generation":1},"spec":{"replicas":1,)"
        R"("startupPolicy":")";
    text.append(api::to_string(scope.startup)).append(R"(","leaderWorkerTemplate":{"size":3,)");
    text.append(R"("restartPolicy":")").append(api::to_string(scope.policy)).append(R"(",)");
    return text.append(R"("workerTemplate":{"spec":{"containers":[{"name":"w"}]}}}}})");
}

void fill(k8s::Pod& pod, const PodState& state) {
    pod.set_name = "m";
    pod.group_index = "0";
    pod.size = "3";
    pod.revision_key = "key";
    pod.phase = state.running != 0 ? k8s::PodPhase::running : k8s::PodPhase::pending;
    pod.ready = state.running != 0;
    pod.restarted = pod.restarted_beyond_sidecars = state.restarted != 0;
    if (state.deletion != Deletion::none) {
        pod.deletion_time = k8s::Seconds{};
    }
}

std::vector<k8s::Pod> pods_of(const GroupObjects& seen) {
    std::vector<k8s::Pod> pods;
    if (seen.leader.uid != 0) {
        k8s::Pod& leader = pods.emplace_back();
        leader.key = {"n", "m-0"};
        leader.uid = uid(kLeaderUid, seen.leader.uid);
        leader.worker_index = "0";
        leader.controller = k8s::Owner{"StatefulSet", "m", "leaders"};
        fill(leader, seen.leader);
    }
    for (int i = 0; i < kWorkers; ++i) {
        const PodState& state = seen.workers[static_cast<std::size_t>(i)];
        if (state.uid == 0) {
            continue;
        }
        k8s::Pod& worker = pods.emplace_back();
        worker.key = {"n", "m-0-" + std::to_string(i + 1)};
        worker.uid = worker_uid(i, state.uid);
        worker.worker_index = std::to_string(i + 1);
        worker.controller = k8s::Owner{"StatefulSet", "m-0", uid(kWorkersUid, state.owner)};
        fill(worker, state);
    }
    return pods;
}

k8s::StatefulSet stateful_set_of(const WorkersState& state) {
    k8s::StatefulSet workers;
    workers.key = {"n", "m-0"};
    workers.uid = uid(kWorkersUid, state.uid);
    workers.set_name = "m";
    workers.group_index = "0";
    workers.revision_key = "key";
    workers.controller = k8s::Owner{"Pod", "m-0", uid(kLeaderUid, state.owner)};
    workers.deleting = state.deletion != Deletion::none;
    workers.replicas = kWorkers;
    return workers;
}

GroupMemory memory_of(const MemoryState& state) {
    GroupMemory memory;
    if (state.leader == 0) {
        return memory;
    }
    memory.leader_uid = uid(kLeaderUid, state.leader);
    memory.deletion_requested = state.deletion_requested != 0;
    for (int i = 0; i < kWorkers && state.complete != 0; ++i) {
        memory.workers.push_back(
            {"m-0-" + std::to_string(i + 1),
             worker_uid(i, state.workers[static_cast<std::size_t>(i)])}
        );
    }
    return memory;
}

MemoryState state_of(const GroupMemory& memory) {
    MemoryState state;
    if (memory.leader_uid.empty()) {
        return state;
    }
    state.leader = number_of(memory.leader_uid);
    state.deletion_requested = memory.deletion_requested ? 1 : 0;
    state.complete = memory.workers.empty() ? 0 : 1;
    for (const GroupMember& member : memory.workers) {
        state.workers[number_of(member.name) - std::size_t{1}] = number_of(member.uid);
    }
    return state;
}

}  // namespace

struct RealGroupPlanner::Set {
    explicit Set(std::string text)
        : document(json::parse(std::move(text)).value()),
          set(api::read_leader_worker_set(document.root()).value()) {
        revision.key = {"n", "m-key-1"};
        revision.set_name = "m";
        revision.revision_key = "key";
        revision.revision = 1;
        revision.data = make_revision_data(document.root()["spec"]).value();
    }

    json::Document document;
    api::LeaderWorkerSet set;
    k8s::ControllerRevision revision;
};

RealGroupPlanner::RealGroupPlanner(const GroupScope& scope)
    : set_(std::make_shared<const Set>(set_text(scope))) {}

std::size_t RealGroupPlanner::QuestionHash::operator()(const Question& question) const {
    static_assert(std::has_unique_object_representations_v<Question>);
    return hash_bytes(std::as_bytes(std::span(&question, 1)));
}

const GroupPassPlan& RealGroupPlanner::operator()(
    const GroupObjects& seen, const MemoryState& memory
) {
    const Question question{seen, memory};
    const auto found = answers_.find(question);
    return found != answers_.end() ? found->second
                                   : answers_.emplace(question, make_plan(question)).first->second;
}

GroupPassPlan RealGroupPlanner::make_plan(const Question& question) const {
    const std::vector<k8s::Pod> pods = pods_of(question.seen);
    const k8s::StatefulSet workers = stateful_set_of(question.seen.stateful_set);
    GroupObservation observed;
    observed.set = &set_->set;
    for (const k8s::Pod& pod : pods) observed.pods.push_back(&pod);
    observed.worker_stateful_set = question.seen.stateful_set.uid != 0 ? &workers : nullptr;
    observed.revisions = {&set_->revision};
    observed.memory = memory_of(question.memory);

    const GroupPlan plan = plan_group(observed);
    GroupPassPlan out;
    out.memory = state_of(plan.memory);
    out.failure = plan.failure ? plan.failure->message : "";
    for (const Action& action : plan.actions) {
        if (action.kind == ActionKind::delete_leader_pod) {
            out.delete_leader = number_of(action.uid);
        }
        if (action.kind == ActionKind::create_worker_stateful_set) {
            const json::Document body = json::parse(action.body).value();
            const json::View owner = body.root()["metadata"]["ownerReferences"].at(0);
            out.create_workers_for = number_of(owner["uid"].string_or("none-0"));
        }
    }
    for (std::size_t i = 1; i < pods.size() && question.seen.leader.uid != 0; ++i) {
        if (is_of_incarnation(pods[i], pods[0], observed.worker_stateful_set)) {
            out.own_workers |= 1U << (*pods[i].worker_index == "1" ? 0 : 1);
        }
    }
    return out;
}

}  // namespace lws::rules::model
