// SPDX-License-Identifier: Apache-2.0
#include "controller/action_performer.hpp"

#include "pkg/lws/client/request.hpp"
#include "pkg/lws/client/resource.hpp"

namespace lws::controller {
namespace {

namespace asio = boost::asio;
using rules::ActionKind;

// Volcano's gang unit, a custom resource (scheduling.volcano.sh/v1beta1).
constexpr client::Resource kPodGroups{"scheduling.volcano.sh", "v1beta1", "podgroups", true};

bool is_deletion(ActionKind kind) {
    return kind == ActionKind::delete_revision || kind == ActionKind::delete_leader_pod;
}

client::Request delete_with_body(const client::Resource& resource, const rules::Action& action) {
    client::Request request = client::make_delete(resource, action.key.namespace_, action.key.name);
    request.content_type = "application/json";
    request.body = action.body;
    return request;
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
            return delete_with_body(client::kControllerRevisions, action);
        case ActionKind::create_worker_stateful_set:
            return client::make_create(client::kStatefulSets, ns, action.body);
        case ActionKind::create_pod_group:
            return client::make_create(kPodGroups, ns, action.body);
        case ActionKind::delete_leader_pod:
            return delete_with_body(client::kPods, action);
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
        case ActionKind::update_set_status:
            state_.sets.observe(answer);
            break;
        case ActionKind::delete_leader_pod:
            // A pod with a grace period answers as itself, deletionTimestamp set; else a Status.
            if (answer["kind"].string() == "Pod") state_.pods.observe(answer);
            break;
        case ActionKind::look_up_leader_stateful_set:
        case ActionKind::delete_revision:
        case ActionKind::create_pod_group:
            break;
    }
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
        co_return answer;
    }
    logger_->info(
        "{} {}: {}", rules::to_text(action.kind), k8s::to_text(action.key), action.reason
    );
    observe(action.kind, answer->root());
    co_return answer;
}

asio::awaitable<Result<json::Document>> ActionPerformer::look_up(
    client::Resource resource, k8s::ObjectKey key
) {
    client::Request request = client::make_get(resource, key.namespace_, key.name);
    co_return co_await client_.call(std::move(request));
}

}  // namespace lws::controller
