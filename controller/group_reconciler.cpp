// SPDX-License-Identifier: Apache-2.0
#include "controller/group_reconciler.hpp"

#include <memory>

#include "pkg/lws/client/request.hpp"
#include "pkg/lws/client/resource.hpp"

namespace lws::controller {
namespace {

namespace asio = boost::asio;
using rules::ActionKind;

// A node question, a StatefulSet, a Service and a PodGroup that turned out to exist, and one more
// try.
constexpr int kMaxRounds = 6;

bool may_exist_already(ActionKind kind) {
    return kind == ActionKind::create_worker_stateful_set || kind == ActionKind::create_service ||
           kind == ActionKind::create_pod_group;
}

}  // namespace

Result<rules::GroupPlan> GroupReconciler::make_plan(
    const GroupName& group, const k8s::ObjectKey& leader, const GroupLookedUp& looked_up
) {
    rules::GroupObservation observed;
    observed.group = group.group;
    const auto loaded = state_.load(group.set);
    if (loaded) {
        if (loaded->has_error()) return loaded->error();
        if ((*loaded)->set.has_error()) return (*loaded)->set.error();
        observed.set = &*(*loaded)->set;
    }
    const auto pods = state_.pods_of_group(leader);
    observed.pods = addresses(pods);
    const auto worker_stateful_set = state_.stateful_sets.find(leader);
    observed.worker_stateful_set = worker_stateful_set.get();
    if (observed.worker_stateful_set == nullptr && looked_up.stateful_set) {
        observed.worker_stateful_set = &*looked_up.stateful_set;
    }
    const auto service = state_.services.find(leader);
    observed.service = service.get();
    if (observed.service == nullptr && looked_up.service) observed.service = &*looked_up.service;
    const auto revisions = state_.revisions_of_set(group.set);
    observed.revisions = addresses(revisions);
    observed.node_answer = looked_up.node;
    if (observed.set != nullptr) {
        observed.memory = memories_.recall(
            group, observed.set->metadata.uid, state_.stateful_sets.find(group.set).get()
        );
    }
    observed.name_is_of_a_set = state_.sets.contains(leader);
    observed.trouble = memories_.trouble(group);
    observed.sidecars = options_.sidecars;
    observed.backoff = options_.backoff;
    observed.now = options_.clock();
    observed.gang = options_.gang;
    observed.pod_groups_known = state_.pod_groups.all().synced();
    std::unique_ptr<const k8s::PodGroup> pod_group;
    for (const k8s::Pod* pod : observed.pods) {
        if (pod->key != leader) continue;
        pod_group = state_.pod_groups.find({leader.namespace_, pod->pod_group_name});
    }
    observed.pod_group = pod_group.get();
    if (observed.pod_group == nullptr && looked_up.pod_group) {
        observed.pod_group = &*looked_up.pod_group;
    }
    return rules::plan_group(observed);
}

asio::awaitable<rules::NodeAnswer> GroupReconciler::ask_node(rules::NodeQuestion question) {
    client::Request request = client::make_get(client::kNodes, "", question.node);
    const auto answer = co_await client_.call(std::move(request));
    if (answer.has_error()) {
        co_return rules::NodeAnswer{std::move(question), answer.error()};
    }
    const auto value = answer->root()["metadata"]["labels"][question.label].string();
    if (!value) {
        Error missing(
            ErrorCode::not_found, "node " + question.node + " has no label " + question.label
        );
        co_return rules::NodeAnswer{std::move(question), std::move(missing)};
    }
    co_return rules::NodeAnswer{std::move(question), std::string(*value)};
}

// The frame of reconcile(), which awaits this, owns what it refers to.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<GroupReconciler::Ending> GroupReconciler::perform(
    rules::GroupPlan plan, GroupName group, GroupLookedUp& looked_up, PassResult& result
) {
    // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
    for (const rules::Event& event : plan.events) performer_.record(event);
    using Clock = GroupMemories::Clock;
    memories_.keep(group, plan.memory, Clock::now());
    memories_.keep_trouble(group, plan.trouble);
    for (std::size_t i = 0; i < plan.actions.size(); ++i) {
        rules::Action action = plan.actions[i];
        const ActionKind kind = action.kind;
        const auto answer = co_await performer_.perform(std::move(action));
        if (answer.has_value()) {
            if (kind == ActionKind::delete_leader_pod) {
                // The caches may show it later than the next pass of this group.
                memories_.keep(group, plan.memory_after_deletion, Clock::now());
                ++recreations_;
            }
            for (const rules::Event& event : plan.actions[i].on_success) performer_.record(event);
            continue;
        }
        if (answer.error().code == ErrorCode::already_exists && may_exist_already(kind)) {
            const std::optional<Error> looked =
                co_await performer_.look_up(kind, plan.actions[i].key, looked_up);
            if (!looked) co_return Ending::look_again;
            result.failure = looked;
            co_return Ending::failed;
        }
        result.failure = answer.error();
        co_return Ending::failed;
    }
    result.take_over(plan, logger_);
    co_return Ending::complete;
}

asio::awaitable<PassResult> GroupReconciler::reconcile(k8s::ObjectKey leader) {
    PassResult result;
    const auto group = parse_group_name(leader);
    if (!group) co_return result;
    GroupLookedUp looked_up;
    for (int round = 0; round < kMaxRounds; ++round) {
        if (state_.pods_of_group(leader).empty() && !state_.sets.contains(group->set)) {
            memories_.forget(group->set);
            co_return result;
        }
        auto plan = make_plan(*group, leader, looked_up);
        if (plan.has_error()) {
            // The set's own pass logs it; a change of the set wakes its groups again.
            co_return result;
        }
        if (plan->node_question) {
            rules::NodeQuestion question = *plan->node_question;
            looked_up.node = co_await ask_node(std::move(question));
            continue;
        }
        rules::GroupPlan chosen = std::move(*plan);
        const Ending ending = co_await perform(std::move(chosen), *group, looked_up, result);
        if (ending != Ending::look_again) co_return result;
    }
    result.failure = Error(ErrorCode::conflict, "objects of the leader's name keep changing");
    co_return result;
}

}  // namespace lws::controller
