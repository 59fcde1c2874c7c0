// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "controller/cluster_state.hpp"
#include "controller/event_recorder.hpp"
#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/plan.hpp"
#include "pkg/lws/support/log.hpp"

namespace lws::controller {

// What GETs by name told in one pass.
struct LookedUp {
    std::optional<k8s::StatefulSet> stateful_set;
    bool no_stateful_set = false;
    std::optional<k8s::Service> service;
    std::optional<k8s::PodGroup> pod_group;
};

// Carries one action of a plan out: the events before it and of its failure, the request, and the
// answer into the state, so that the next pass sees what this one wrote. Events of its success are
// left to the caller, who may have to complete them first. Decides nothing.
class ActionPerformer {
public:
    ActionPerformer(
        client::ApiClient& client, ClusterState& state, EventRecorder& recorder, Logger logger
    )
        : client_(client), state_(state), recorder_(recorder), logger_(std::move(logger)) {}

    // The object in the answer. `not_found` for a deletion means done already, and is no failure. A
    // `conflict` means that the state was behind: the object is read, so that the next pass plans
    // on what there is, whether its watch is late or down.
    [[nodiscard]] boost::asio::awaitable<Result<json::Document>> perform(rules::Action action);

    // Reads by name the StatefulSet, Service or PodGroup that an action of this kind is about,
    // because the caches hold only labelled objects. One that is not there is no failure. The
    // caller's frame owns `into`.
    [[nodiscard]] boost::asio::awaitable<std::optional<Error>> look_up(
        rules::ActionKind kind, k8s::ObjectKey key, LookedUp& into
    );

    void record(const rules::Event& event) { recorder_.record(event); }

private:
    [[nodiscard]] boost::asio::awaitable<void> refresh(rules::ActionKind kind, k8s::ObjectKey key);
    void observe(rules::ActionKind kind, json::View answer);

    client::ApiClient& client_;
    ClusterState& state_;
    EventRecorder& recorder_;
    Logger logger_;
};

// The API request of an action; exposed for its test.
[[nodiscard]] client::Request to_request(const rules::Action& action);

}  // namespace lws::controller
