// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "controller/action_performer.hpp"
#include "controller/cluster_state.hpp"
#include "controller/group_memories.hpp"
#include "controller/pass_result.hpp"
#include "pkg/lws/rules/groups/plan_set.hpp"
#include "pkg/lws/rules/groups/status_pace.hpp"

namespace lws::controller {

// One pass over a set: shows plan_set what there is, and performs what it decides. Passes of
// different sets may run at once, of one set never.
class SetReconciler {
public:
    SetReconciler(
        ClusterState& state, ActionPerformer& performer, GroupMemories& memories, Logger logger
    )
        : state_(state), performer_(performer), memories_(memories), logger_(std::move(logger)) {}

    [[nodiscard]] boost::asio::awaitable<PassResult> reconcile(k8s::ObjectKey key);

    // Sets that another's object stands in the way of.
    [[nodiscard]] std::size_t conflicts() const;

private:
    struct Memory {
        std::optional<rules::AppliedRecord> applied;
        std::optional<rules::TemplateMatch> template_match;
        rules::StatusPace status_pace;
        bool has_conflict = false;
        std::uint64_t mark_version = 0;  // of the mark in the plan that is being performed
    };
    // Why performing a plan ended.
    enum class Ending { complete, look_again, failed };

    [[nodiscard]] Result<rules::SetPlan> make_plan(
        const k8s::ObjectKey& key,
        const LoadedSet& loaded,
        const LookedUp& looked_up,
        PassResult& result
    );
    // The set of which a group has this set's name.
    [[nodiscard]] std::optional<api::LeaderWorkerSet> parent_of(
        const k8s::ObjectKey& set, rules::SetObservation& observed
    ) const;
    [[nodiscard]] GroupMemories::Mark show_mark(
        const api::LeaderWorkerSet& set, rules::SetObservation& observed, PassResult& result
    );
    [[nodiscard]] boost::asio::awaitable<Ending> perform(
        k8s::ObjectKey key, rules::SetPlan plan, LookedUp& looked_up, PassResult& result
    );
    // The status is not to be written in this pass.
    [[nodiscard]] bool status_must_wait(
        const k8s::ObjectKey& set, rules::StatusChange change, PassResult& result
    );
    void remember(const rules::Action& action, rules::SetPlan& plan, json::View answer);

    ClusterState& state_;
    ActionPerformer& performer_;
    GroupMemories& memories_;
    Logger logger_;
    std::unordered_map<k8s::ObjectKey, Memory> memory_;
    std::unordered_set<k8s::ObjectKey> waiting_with_counts_;
};

}  // namespace lws::controller
