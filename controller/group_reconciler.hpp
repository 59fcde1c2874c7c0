// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "controller/action_performer.hpp"
#include "controller/cluster_state.hpp"
#include "controller/group_memories.hpp"
#include "controller/pass_result.hpp"
#include "pkg/lws/rules/groups/plan_group.hpp"

namespace lws::controller {

struct GroupOptions {
    rules::SidecarRestarts sidecars = rules::SidecarRestarts::count;
    rules::BackoffSettings backoff;
    // The time of the API server's stamps, with which it is compared.
    std::function<k8s::Seconds()> clock = [] {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    };
    rules::GangScheduling gang = rules::GangScheduling::off;
};

// One pass over a group: shows plan_group what there is, and performs what it decides. Passes of
// different groups may run at once, of one group never.
class GroupReconciler {
public:
    GroupReconciler(
        ClusterState& state,
        ActionPerformer& performer,
        client::ApiClient& client,
        GroupMemories& memories,
        GroupOptions options,
        Logger logger
    )
        : state_(state),
          performer_(performer),
          client_(client),
          memories_(memories),
          options_(std::move(options)),
          logger_(std::move(logger)) {}

    // `leader`: the key of the group's leader pod, which need not exist.
    [[nodiscard]] boost::asio::awaitable<PassResult> reconcile(k8s::ObjectKey leader);

    // Leaders deleted to make a new group, since the start of this process.
    [[nodiscard]] std::uint64_t recreations() const { return recreations_; }

private:
    struct GroupLookedUp : LookedUp {
        std::optional<rules::NodeAnswer> node;
    };
    enum class Ending { complete, look_again, failed };

    [[nodiscard]] Result<rules::GroupPlan> make_plan(
        const GroupName& group, const k8s::ObjectKey& leader, const GroupLookedUp& looked_up
    );
    [[nodiscard]] boost::asio::awaitable<rules::NodeAnswer> ask_node(rules::NodeQuestion question);
    [[nodiscard]] boost::asio::awaitable<Ending> perform(
        rules::GroupPlan plan, GroupName group, GroupLookedUp& looked_up, PassResult& result
    );

    ClusterState& state_;
    ActionPerformer& performer_;
    client::ApiClient& client_;
    GroupMemories& memories_;
    GroupOptions options_;
    Logger logger_;
    std::uint64_t recreations_ = 0;
};

}  // namespace lws::controller
