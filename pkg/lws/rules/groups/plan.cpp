// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/plan.hpp"

namespace lws::rules {
namespace {

void fill(std::optional<k8s::ObjectReference>& reference, const k8s::ObjectReference& made) {
    if (reference && reference->uid.empty() && reference->kind == made.kind &&
        reference->namespace_ == made.namespace_ && reference->name == made.name) {
        *reference = made;
    }
}

}  // namespace

std::string_view to_text(ActionKind kind) {
    switch (kind) {
        case ActionKind::look_up_leader_stateful_set:
            return "look up leader StatefulSet";
        case ActionKind::create_revision:
            return "create revision";
        case ActionKind::apply_leader_stateful_set:
            return "apply leader StatefulSet";
        case ActionKind::create_service:
            return "create Service";
        case ActionKind::update_set_status:
            return "update status";
        case ActionKind::delete_revision:
            return "delete revision";
        case ActionKind::create_worker_stateful_set:
            return "create worker StatefulSet";
        case ActionKind::create_pod_group:
            return "create PodGroup";
        case ActionKind::delete_leader_pod:
            return "delete leader pod";
        case ActionKind::delete_worker_stateful_set:
            return "delete worker StatefulSet";
        case ActionKind::delete_worker_pod:
            return "delete worker pod";
    }
    return "unknown";
}

void fill_uid(Plan& plan, const k8s::ObjectReference& made) {
    for (Action& action : plan.actions) {
        for (Event& event : action.before) {
            fill(event.related, made);
        }
        for (Event& event : action.on_success) {
            fill(event.related, made);
        }
    }
}

}  // namespace lws::rules
