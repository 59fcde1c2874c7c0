// SPDX-License-Identifier: Apache-2.0
#include "controller/action_performer.hpp"

#include "pkg/lws/client/request.hpp"
#include "pkg/lws/client/resource.hpp"

namespace lws::controller {
namespace {

namespace asio = boost::asio;
using rules::ActionKind;

// What a GET by name reads instead of the creation of it.
const client::Resource& resource_of(ActionKind kind) {
    switch (kind) {
        case ActionKind::create_service:
            return client::kServices;
        case ActionKind::create_pod_group:
            return client::kPodGroups;
        default:
            return client::kStatefulSets;
    }
}

bool is_deletion(ActionKind kind) {
    return kind == ActionKind::delete_revision || kind == ActionKind::delete_leader_pod ||
           kind == ActionKind::delete_worker_stateful_set || kind == ActionKind::delete_worker_pod;
}

client::Request to_delete(
    const client::Resource& resource, client::Propagation propagation, const rules::Action& action
) {
    client::DeleteParams params;
    params.propagation = propagation;
    params.uid = action.uid;
    params.grace_period_seconds = action.grace_seconds;
    return client::make_delete(resource, action.key.namespace_, action.key.name, params);
}

}  // namespace

client::Request to_request(const rules::Action& action) {
    const std::string& ns = action.key.namespace_;
    const std::string& name = action.key.name;
    switch (action.kind) {
        case ActionKind::look_up_leader_stateful_set:
            return client::make_get(client::kStatefulSets, ns, name);
        case ActionKind::create_revision:
            return client::make_create(client::kControllerRevisions, ns, action.body);
        case ActionKind::apply_leader_stateful_set:
            return client::make_apply(client::kStatefulSets, ns, name, action.body);
        case ActionKind::create_service:
            return client::make_create(client::kServices, ns, action.body);
        case ActionKind::update_set_status:
            return client::make_replace_status(client::kLeaderWorkerSets, ns, name, action.body);
        case ActionKind::delete_revision:
            return to_delete(client::kControllerRevisions, client::Propagation::background, action);
        case ActionKind::create_worker_stateful_set:
            return client::make_create(client::kStatefulSets, ns, action.body);
        case ActionKind::create_pod_group:
            return client::make_create(client::kPodGroups, ns, action.body);
        case ActionKind::delete_leader_pod:
        case ActionKind::delete_worker_pod:
            return to_delete(client::kPods, client::Propagation::foreground, action);
        case ActionKind::delete_worker_stateful_set:
            return to_delete(client::kStatefulSets, client::Propagation::foreground, action);
    }
    return {};
}

void ActionPerformer::observe(ActionKind kind, json::View answer) {
    switch (kind) {
        case ActionKind::create_revision:
            state_.revisions.observe(answer);
            break;
        case ActionKind::apply_leader_stateful_set:
        case ActionKind::create_worker_stateful_set:
            state_.stateful_sets.observe(answer);
            break;
        case ActionKind::create_service:
            state_.services.observe(answer);
            break;
        case ActionKind::create_pod_group:
            state_.pod_groups.observe(answer);
            break;
        case ActionKind::update_set_status:
            state_.sets.observe(answer);
            break;
        case ActionKind::delete_worker_stateful_set:
            if (answer["kind"].string() == "StatefulSet") state_.stateful_sets.observe(answer);
            break;
        case ActionKind::delete_leader_pod:
        case ActionKind::delete_worker_pod:
            // A pod with a grace period answers as itself, deletionTimestamp set; else a Status.
            if (answer["kind"].string() == "Pod") state_.pods.observe(answer);
            break;
        case ActionKind::look_up_leader_stateful_set:
        case ActionKind::delete_revision:
            break;
    }
}

asio::awaitable<void> ActionPerformer::refresh(ActionKind kind, k8s::ObjectKey key) {
    // Only what a watch keeps up to date belongs into the state.
    const client::Resource* resource = nullptr;
    if (kind == ActionKind::apply_leader_stateful_set && state_.stateful_sets.contains(key)) {
        resource = &client::kStatefulSets;
    } else if (kind == ActionKind::update_set_status && state_.sets.contains(key)) {
        resource = &client::kLeaderWorkerSets;
    } else if (kind == ActionKind::delete_leader_pod && state_.pods.contains(key)) {
        resource = &client::kPods;
    }
    if (resource == nullptr) co_return;
    client::Request request = client::make_get(*resource, key.namespace_, key.name);
    const auto answer = co_await client_.call(std::move(request));
    if (answer.has_value()) observe(kind, answer->root());
}

asio::awaitable<Result<json::Document>> ActionPerformer::perform(rules::Action action) {
    for (const rules::Event& event : action.before) recorder_.record(event);
    client::Request request = to_request(action);
    auto answer = co_await client_.call(std::move(request));
    if (answer.has_error() && is_deletion(action.kind) &&
        answer.error().code == ErrorCode::not_found) {
        answer = json::Document();
    }
    if (answer.has_error()) {
        const Error& error = answer.error();
        logger_->debug(
            "{} {}: {}", rules::to_text(action.kind), k8s::to_text(action.key), error.message
        );
        // A conflict is another writer's turn, not a failure of the set's: the pass reads again.
        if (action.on_failure && error.code != ErrorCode::conflict &&
            error.code != ErrorCode::cancelled && error.code != ErrorCode::already_exists) {
            recorder_.record(rules::with_error(*action.on_failure, error.message));
        }
        if (error.code == ErrorCode::conflict) co_await refresh(action.kind, action.key);
        co_return answer;
    }
    logger_->info(
        "{} {}: {}", rules::to_text(action.kind), k8s::to_text(action.key), action.reason
    );
    observe(action.kind, answer->root());
    co_return answer;
}

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
asio::awaitable<std::optional<Error>> ActionPerformer::look_up(
    ActionKind kind, k8s::ObjectKey key, LookedUp& into
) {
    // NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)
    const client::Resource& resource = resource_of(kind);
    const bool is_stateful_set = resource == client::kStatefulSets;
    client::Request request = client::make_get(resource, key.namespace_, key.name);
    const auto answer = co_await client_.call(std::move(request));
    if (answer.has_error()) {
        if (answer.error().code != ErrorCode::not_found) co_return answer.error();
        into.no_stateful_set = into.no_stateful_set || is_stateful_set;
        co_return std::nullopt;
    }
    if (!is_stateful_set) {
        auto object = k8s::read_owned_object(answer->root());
        if (object.has_error()) co_return object.error();
        (kind == ActionKind::create_service ? into.service : into.pod_group) = std::move(*object);
        co_return std::nullopt;
    }
    auto stateful_set = k8s::read_stateful_set(answer->root());
    if (stateful_set.has_error()) co_return stateful_set.error();
    into.stateful_set = std::move(*stateful_set);
    co_return std::nullopt;
}

}  // namespace lws::controller
