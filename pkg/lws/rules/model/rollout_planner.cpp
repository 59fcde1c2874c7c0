// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/rollout_planner.hpp"

#include <algorithm>
#include <stdexcept>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/groups/group_states.hpp"
#include "pkg/lws/rules/groups/leader_stateful_set.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"

namespace lws::rules::model {
namespace {

constexpr std::string_view kSetUid = "set-uid";
constexpr std::string_view kStatefulSetUid = "sts-uid";

std::string quoted(std::string_view text) {
    const bool number = text.find('%') == std::string_view::npos;
    return number ? std::string(text) : "\"" + std::string(text) + "\"";
}

std::string set_text(const Shape& shape, int template_number, int generation) {
    return R"({"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","metadata":)"
           R"({"name":"m","namespace":"n","uid":"set-uid","resourceVersion":"1","generation":)" +
           std::to_string(generation) + R"(},"spec":{"replicas":)" +
           std::to_string(shape.replicas) +
           R"(,"rolloutStrategy":{"type":"RollingUpdate","rollingUpdateConfiguration":)"
           R"({"partition":)" +
           std::to_string(shape.partition) + R"(,"maxSurge":)" + quoted(shape.surge_text) +
           R"(,"maxUnavailable":)" + quoted(shape.unavailable_text) +
           R"(}},"leaderWorkerTemplate":{"size":2,"workerTemplate":{"spec":{"containers":)"
           R"([{"name":"w","image":"image-)" +
           std::to_string(template_number) + R"("}]}}}}})";
}

// What the apply wrote; the same numbers mean the same body.
std::vector<int> spec_of(const RolloutState& state) {
    return {
        state.replicas,
        state.partition,
        state.max_unavailable,
        state.applied_replicas,
        state.update_revision
    };
}

std::vector<int> spec_of(const Write& write) {
    return {
        write.replicas,
        write.partition,
        write.max_unavailable,
        write.applied_replicas,
        write.revision
    };
}

std::uint64_t fingerprint_of(const RolloutState& state) {
    std::uint64_t fingerprint = 1;
    for (const int number : spec_of(state)) {
        fingerprint = fingerprint * 256 + static_cast<std::uint64_t>(number);
    }
    return fingerprint;
}

k8s::Owner owner(std::string_view kind, std::string_view name, std::string_view uid) {
    return {std::string(kind), std::string(name), std::string(uid)};
}

k8s::StatefulSet workers_of(const k8s::Pod& leader, Phase phase) {
    const bool old = phase == Phase::leftover || phase == Phase::leftover_ready;
    k8s::StatefulSet workers;
    workers.key = leader.key;
    workers.set_name = "m";
    workers.group_index = leader.group_index;
    // The old ones carry the same key after a restart: the hardest case to tell apart.
    workers.revision_key = leader.revision_key;
    workers.controller = owner("Pod", leader.key.name, old ? "uid-before" : leader.uid);
    workers.uid = "workers-of-" + workers.controller->uid;
    workers.replicas = 1;
    workers.available_replicas = old || is_ready(phase) ? 1 : 0;
    workers.current_revision = workers.update_revision = "r";
    return workers;
}

}  // namespace

struct RealRolloutPlanner::Set {
    explicit Set(std::string text)
        : document(json::parse(std::move(text)).value()),
          set(api::read_leader_worker_set(document.root()).value()) {}

    json::Document document;
    api::LeaderWorkerSet set;
};

struct RealRolloutPlanner::Objects {
    std::vector<k8s::Pod> leaders;
    std::vector<k8s::StatefulSet> workers;
    std::vector<k8s::ControllerRevision> revisions;
    k8s::StatefulSet leader_stateful_set;
    k8s::Service service;
};

RealRolloutPlanner::RealRolloutPlanner(const RolloutScope& scope) : scope_(scope) {
    for (int i = 0; i < scope.templates; ++i) {
        const Set set(set_text(scope.shapes.front(), i, 1));
        data_.push_back(make_revision_data(set.document.root()["spec"]).value());
        keys_.push_back(revision_key(data_.back()));
    }
}

std::size_t RealRolloutPlanner::StateHash::operator()(const RolloutState& state) const {
    return hash_bytes(std::as_bytes(std::span(&state, 1)));
}

const PassPlan& RealRolloutPlanner::operator()(const RolloutState& state) {
    RolloutState seen = state;
    seen.changes_left = seen.failures_left = seen.crashes_left = 0;
    seen.lost_surge = 0;
    for (Group& group : seen.groups) {
        group.excused = 0;
    }
    const auto found = answers_.find(seen);
    return found != answers_.end() ? found->second
                                   : answers_.emplace(seen, make_plan(seen)).first->second;
}

const RealRolloutPlanner::Set& RealRolloutPlanner::set_of(const RolloutState& state) {
    auto& set = sets_[{state.shape, state.set_template}];
    if (set == nullptr) {
        // One for each spec: a controller compares no more of it.
        const int generation = state.shape * scope_.templates + state.set_template + 1;
        set = std::make_shared<const Set>(
            set_text(scope_.shapes[state.shape], state.set_template, generation)
        );
    }
    return *set;
}

int RealRolloutPlanner::template_of(std::string_view key) const {
    const auto at = std::find(keys_.begin(), keys_.end(), key);
    if (at == keys_.end()) {
        throw std::logic_error("a write under an unknown revision key");
    }
    return static_cast<int>(at - keys_.begin());
}

void RealRolloutPlanner::add_leaders(const RolloutState& state, Objects& objects) const {
    for (std::size_t i = 0; i < state.groups.size(); ++i) {
        const Group& group = state.groups[i];
        if (group.phase == Phase::none) {
            continue;
        }
        k8s::Pod leader;
        leader.group_index = std::to_string(i);
        leader.key = {"n", "m-" + leader.group_index};
        leader.uid = "uid-now";
        leader.set_name = "m";
        leader.worker_index = "0";
        leader.size = "2";
        leader.revision_key = keys_[group.revision];
        leader.controller = owner("StatefulSet", "m", kStatefulSetUid);
        leader.phase = k8s::PodPhase::running;
        leader.ready = is_ready(group.phase) || group.phase == Phase::leftover_ready ||
                       group.phase == Phase::workers_not_ready;
        if (group.phase == Phase::draining || group.phase == Phase::leaving) {
            leader.deletion_time = k8s::Seconds{};
        }
        objects.leaders.push_back(leader);
        objects.workers.push_back(workers_of(leader, group.phase));
    }
}

void RealRolloutPlanner::add_revisions(const RolloutState& state, Objects& objects) const {
    for (std::size_t i = 0; i < state.revision_count; ++i) {
        k8s::ControllerRevision made;
        made.revision_key = keys_[state.revisions[i]];
        made.revision = static_cast<std::int64_t>(i) + 1;
        made.key = {"n", std::to_string(i)};
        made.uid = "revision-" + made.revision_key + "-" + made.key.name;
        made.set_name = "m";
        made.controller = owner(api::kKind, "m", kSetUid);
        made.data = data_[state.revisions[i]];
        objects.revisions.push_back(std::move(made));
    }
}

// As an earlier pass over the same set left it: nothing but us writes the StatefulSet.
void RealRolloutPlanner::remember(
    const RolloutState& state, const Objects& objects, SetObservation& observed
) {
    if (state.remembers == 0) {
        return;
    }
    // Without an entry a broken planner of a test changed what was applied.
    if (const auto applied = applied_.find(spec_of(state)); applied != applied_.end()) {
        observed.applied =
            AppliedRecord{std::string(kStatefulSetUid), applied->second, fingerprint_of(state)};
    }
    const auto at = std::find_if(
        objects.revisions.rbegin(),
        objects.revisions.rend(),
        [&](const k8s::ControllerRevision& revision) {
            return revision.revision_key == keys_[state.update_revision];
        }
    );
    if (state.update_revision == state.set_template && at != objects.revisions.rend()) {
        const api::Metadata& meta = observed.set->metadata;
        observed.template_match = TemplateMatch{meta.uid, meta.generation, at->uid};
    }
}

PassPlan RealRolloutPlanner::make_plan(const RolloutState& state) {
    const Set& set = set_of(state);
    Objects objects;
    add_leaders(state, objects);
    add_revisions(state, objects);
    k8s::StatefulSet& live = objects.leader_stateful_set;
    live.key = {"n", "m"};
    live.uid = kStatefulSetUid;
    live.resource_version = "1";
    live.controller = owner(api::kKind, "m", kSetUid);
    live.set_name = "m";
    live.selector = leader_selector("m");
    live.revision_key = keys_[state.update_revision];
    live.replicas_annotation = std::to_string(state.applied_replicas);
    live.replicas = state.replicas;
    live.partition = state.partition;
    live.status_replicas = static_cast<std::int32_t>(objects.leaders.size());
    live.current_revision = keys_[state.current_revision];
    live.update_revision = live.revision_key;
    live.fingerprint = fingerprint_of(state);
    objects.service.key = live.key;
    objects.service.controller = live.controller;

    SetObservation observed;
    observed.set = &set.set;
    observed.set_object = set.document.root();
    observed.leader_stateful_set = state.exists != 0 ? &live : nullptr;
    observed.leader_stateful_set_absence = Absence::confirmed;
    observed.service = &objects.service;
    for (const auto& leader : objects.leaders) observed.pods.push_back(&leader);
    for (const auto& workers : objects.workers) observed.stateful_sets.push_back(&workers);
    for (const auto& revision : objects.revisions) observed.revisions.push_back(&revision);
    remember(state, objects, observed);
    for (int i = 0; i < kMostGroups; ++i) {
        const Group& group = state.groups[static_cast<std::size_t>(i)];
        if (group.fails_under != 0) {
            const std::string& key = keys_[group.fails_under - std::size_t{1}];
            observed.failing_groups.push_back({GroupId(i), k8s::hash_text(key)});
        }
    }

    const SetPlan plan = plan_set(observed);
    PassPlan out;
    out.writes = writes_of(plan);
    for (const Write& write : out.writes) {
        if (write.kind == WriteKind::apply) {
            applied_.emplace(spec_of(write), plan.desired_hash);
        }
    }
    out.failure = plan.failure ? plan.failure->message : "";
    const GroupsView view{&set.set, &observed.pods, &observed.stateful_sets};
    const auto states = group_states(view, live.revision_key, kMostGroups);
    for (std::size_t i = 0; i < states.size(); ++i) {
        out.seen_ready |= states[i].ready ? 1U << i : 0U;
    }
    return out;
}

std::vector<Write> RealRolloutPlanner::writes_of(const SetPlan& plan) const {
    std::vector<Write> writes;
    int deleted = 0;
    for (const Action& action : plan.actions) {
        Write write;
        if (action.kind == ActionKind::delete_revision) {
            // Those before it, which are deleted first, are gone then.
            write.kind = WriteKind::delete_revision;
            write.position = std::stoi(action.key.name) - deleted++;
            writes.push_back(write);
            continue;
        }
        if (action.kind != ActionKind::create_revision &&
            action.kind != ActionKind::apply_leader_stateful_set) {
            continue;
        }
        const json::Document body = json::parse(action.body).value();
        const json::View meta = body.root()["metadata"];
        write.revision = template_of(meta["labels"][api::kRevisionKeyLabel].string_or(""));
        if (action.kind == ActionKind::apply_leader_stateful_set) {
            const json::View spec = body.root()["spec"];
            const json::View rolling = spec["updateStrategy"]["rollingUpdate"];
            write.kind = WriteKind::apply;
            write.replicas = static_cast<int>(spec["replicas"].int64_or(-1));
            write.partition = static_cast<int>(rolling["partition"].int64_or(-1));
            write.max_unavailable = static_cast<int>(rolling["maxUnavailable"].int64_or(-1));
            write.applied_replicas =
                std::stoi(std::string(meta["annotations"][api::kReplicasAnnotation].string_or("-1"))
                );
        }
        writes.push_back(write);
    }
    return writes;
}

}  // namespace lws::rules::model
