// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>

#include "controller/cluster_state.hpp"
#include "controller/event_recorder.hpp"
#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/plan.hpp"
#include "pkg/lws/support/log.hpp"

namespace lws::controller {

// Carries one action of a plan out: the events before it and of its failure, the request, and the
// answer into the state, so that the next pass sees what this one wrote. Events of its success are
// left to the caller, who may have to complete them first. Decides nothing.
class ActionPerformer {
public:
    ActionPerformer(
        client::ApiClient& client, ClusterState& state, EventRecorder& recorder, Logger logger
    )
        : client_(client), state_(state), recorder_(recorder), logger_(std::move(logger)) {}

    // The object in the answer. `not_found` for a deletion means done already, and is no failure.
    [[nodiscard]] boost::asio::awaitable<Result<json::Document>> perform(rules::Action action);

    // Reads a StatefulSet or Service that the caches do not hold, by name.
    [[nodiscard]] boost::asio::awaitable<Result<json::Document>> look_up(
        client::Resource resource, k8s::ObjectKey key
    );

    void record(const rules::Event& event) { recorder_.record(event); }

private:
    void observe(rules::ActionKind kind, json::View answer);

    client::ApiClient& client_;
    ClusterState& state_;
    EventRecorder& recorder_;
    Logger logger_;
};

// The API request of an action; exposed for its test.
[[nodiscard]] client::Request to_request(const rules::Action& action);

}  // namespace lws::controller
