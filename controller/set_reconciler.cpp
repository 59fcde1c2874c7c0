// SPDX-License-Identifier: Apache-2.0
#include "controller/set_reconciler.hpp"

#include <algorithm>

#include "pkg/lws/json/document.hpp"

namespace lws::controller {
namespace {

namespace asio = boost::asio;
using rules::ActionKind;

// One GET of the StatefulSet, one of the Service, and one more look each when an object appeared
// between a look-up and the write; after that the queue's backoff takes over.
constexpr int kMaxRounds = 5;

bool wants_look_up(const rules::SetPlan& plan) {
    return std::any_of(plan.actions.begin(), plan.actions.end(), [](const rules::Action& action) {
        return action.kind == ActionKind::look_up_leader_stateful_set;
    });
}

}  // namespace

std::optional<api::LeaderWorkerSet> SetReconciler::parent_of(
    const k8s::ObjectKey& set, rules::SetObservation& observed
) const {
    const auto group = parse_group_name(set);
    if (!group || !state_.sets.contains(group->set)) return std::nullopt;
    auto loaded = state_.load(group->set);
    if (!loaded || loaded->has_error() || (*loaded)->set.has_error()) return std::nullopt;
    observed.group_of_parent = group->group;
    return std::move(*(*loaded)->set);
}

std::size_t SetReconciler::conflicts() const {
    return static_cast<std::size_t>(std::count_if(
        memory_.begin(), memory_.end(), [](const auto& entry) { return entry.second.has_conflict; }
    ));
}

GroupMemories::Mark SetReconciler::show_mark(
    const api::LeaderWorkerSet& set, rules::SetObservation& observed, PassResult& result
) {
    const auto now = GroupMemories::Clock::now();
    const k8s::StatefulSet* live = observed.leader_stateful_set;
    GroupMemories::Mark mark = memories_.mark(set, live, now);
    if (live != nullptr && live->group_memory == mark.text) {
        memories_.written({set.metadata.namespace_name, set.metadata.name}, mark.version, now);
    } else if (mark.due_in) {
        observed.group_mark_due = mark.due_in->count() <= 0;
        if (!observed.group_mark_due) result.requeue_within(*mark.due_in);
    }
    return mark;
}

Result<rules::SetPlan> SetReconciler::make_plan(
    const k8s::ObjectKey& key,
    const LoadedSet& loaded,
    const LookedUp& looked_up,
    PassResult& result
) {
    if (loaded.set.has_error()) return loaded.set.error();
    rules::SetObservation observed;
    observed.set = &*loaded.set;
    observed.set_object = loaded.document.root();
    const auto leader_stateful_set = state_.stateful_sets.find(key);
    observed.leader_stateful_set = leader_stateful_set.get();
    if (observed.leader_stateful_set == nullptr && looked_up.stateful_set) {
        observed.leader_stateful_set = &*looked_up.stateful_set;
    }
    if (looked_up.no_stateful_set) {
        observed.leader_stateful_set_absence = rules::Absence::confirmed;
    }
    const auto leaders = state_.leaders_of_set(key);
    observed.pods = addresses(leaders);
    const auto stateful_sets = state_.stateful_sets_of_set(key);
    observed.stateful_sets = addresses(stateful_sets);
    const auto service = state_.services.find(key);
    observed.service = service.get();
    if (observed.service == nullptr && looked_up.service) observed.service = &*looked_up.service;
    observed.troubles = memories_.troubles(key);
    const auto revisions = state_.revisions_of_set(key);
    observed.revisions = addresses(revisions);
    Memory& memory = memory_[key];
    observed.applied = memory.applied;
    observed.template_match = memory.template_match;
    observed.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto parent = parent_of(key, observed);
    observed.parent = parent ? &*parent : nullptr;
    const GroupMemories::Mark mark = show_mark(*loaded.set, observed, result);
    observed.failing_groups = memories_.failing(key);
    memory.mark_version = mark.version;
    observed.group_mark = mark.text;
    auto plan = rules::plan_set(observed);
    memory.has_conflict = plan.has_conflict;
    if (plan.groups_end > 0) memories_.forget_from(key, plan.groups_end);
    return plan;
}

bool SetReconciler::status_must_wait(
    const k8s::ObjectKey& set, rules::StatusChange change, PassResult& result
) {
    rules::StatusPace& pace = memory_[set].status_pace;
    if (change == rules::StatusChange::counts) {
        waiting_with_counts_.insert(set);
    } else {
        waiting_with_counts_.erase(set);
    }
    const rules::StatusTurn turn = rules::pace_status(
        pace,
        change,
        std::chrono::steady_clock::now(),
        rules::counts_interval(waiting_with_counts_.size())
    );
    pace = turn.pace;
    if (turn.wait) {
        result.requeue_within(*turn.wait);
    } else {
        waiting_with_counts_.erase(set);
    }
    return turn.wait.has_value();
}

void SetReconciler::remember(const rules::Action& action, rules::SetPlan& plan, json::View answer) {
    if (action.kind == ActionKind::create_revision) {
        if (const auto made = k8s::read_controller_revision(answer)) {
            rules::fill_uid(plan, k8s::reference_to(*made));
        }
    }
    if (action.kind == ActionKind::apply_leader_stateful_set) {
        if (const auto live = k8s::read_stateful_set(answer)) {
            memory_[action.key].applied =
                rules::AppliedRecord{live->uid, plan.desired_hash, live->fingerprint};
            memories_.written(
                action.key, memory_[action.key].mark_version, GroupMemories::Clock::now()
            );
        }
    }
}

// The frame of reconcile(), which awaits this, owns what it refers to.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<SetReconciler::Ending> SetReconciler::perform(
    k8s::ObjectKey key, rules::SetPlan plan, LookedUp& looked_up, PassResult& result
) {
    // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
    for (const rules::Event& event : plan.events) performer_.record(event);
    const bool wait_with_status = status_must_wait(key, plan.status_change, result);
    for (std::size_t i = 0; i < plan.actions.size(); ++i) {
        if (wait_with_status && plan.actions[i].kind == ActionKind::update_set_status) continue;
        rules::Action action = plan.actions[i];
        const auto answer = co_await performer_.perform(std::move(action));
        if (answer.has_value()) {
            remember(plan.actions[i], plan, answer->root());
            for (const rules::Event& event : plan.actions[i].on_success) performer_.record(event);
            continue;
        }
        if (answer.error().code == ErrorCode::already_exists &&
            plan.actions[i].kind == ActionKind::create_service) {
            const std::optional<Error> looked =
                co_await performer_.look_up(plan.actions[i].kind, plan.actions[i].key, looked_up);
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

asio::awaitable<PassResult> SetReconciler::reconcile(k8s::ObjectKey key) {
    PassResult result;
    LookedUp looked_up;
    for (int round = 0; round < kMaxRounds; ++round) {
        const auto loaded = state_.load(key);
        if (!loaded) {
            memory_.erase(key);
            waiting_with_counts_.erase(key);
            memories_.forget(key);
            co_return result;
        }
        auto plan = loaded->has_error() ? Result<rules::SetPlan>(loaded->error())
                                        : make_plan(key, **loaded, looked_up, result);
        if (plan.has_error()) {
            // Only a change of the object can mend it, and that wakes this set again.
            logger_->warn("set {} cannot be read: {}", k8s::to_text(key), plan.error().message);
            co_return result;
        }
        if (wants_look_up(*plan)) {
            const std::optional<Error> looked = co_await performer_.look_up(
                ActionKind::look_up_leader_stateful_set, key, looked_up
            );
            if (looked) {
                result.failure = looked;
                co_return result;
            }
            continue;
        }
        memory_[key].template_match = plan->template_match;
        rules::SetPlan chosen = std::move(*plan);
        const Ending ending = co_await perform(key, std::move(chosen), looked_up, result);
        if (ending != Ending::look_again) co_return result;
    }
    result.failure = Error(ErrorCode::conflict, "objects of the set's name keep changing");
    co_return result;
}

}  // namespace lws::controller
