// SPDX-License-Identifier: Apache-2.0
// What a pass decided. The reconcilers perform it and decide nothing of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pkg/lws/k8s/object_key.hpp"
#include "pkg/lws/rules/groups/event.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// For passes that found another's object in their way: nothing tells us when an object that is not
// labelled as ours goes.
inline constexpr std::chrono::seconds kForeignRetry{60};

enum class ActionKind {
    // GET by name, because the caches hold only labelled objects; observe what comes (or that
    // nothing does) and plan again.
    look_up_leader_stateful_set,
    create_revision,             // POST
    apply_leader_stateful_set,   // server-side apply, manager `lws`, force
    create_service,              // POST
    update_set_status,           // PUT of /status
    delete_revision,             // DELETE in the background, UID as precondition
    create_worker_stateful_set,  // POST
    create_pod_group,            // POST
    // All in the foreground, with the UID as precondition.
    delete_leader_pod,
    delete_worker_stateful_set,
    delete_worker_pod,
};

[[nodiscard]] std::string_view to_text(ActionKind kind);

// One API request. `body` is whole and final, with its own preconditions (uid, resourceVersion);
// deletions have none, their precondition is `uid`. Actions run in order, and a failure ends
// the pass.
struct Action {
    ActionKind kind{};
    k8s::ObjectKey key;
    std::string uid;
    std::string resource_version;
    // Of the deletion of a pod; none: the pod's own grace period.
    std::optional<std::int64_t> grace_seconds;
    std::string body;
    std::vector<Event> before;
    std::vector<Event> on_success;
    // Its note holds kErrorPlaceholder.
    std::optional<Event> on_failure;
    // For the log: why.
    std::string reason;
};

struct Plan {
    std::vector<Action> actions;
    // Events that belong to no action, sent first.
    std::vector<Event> events;
    std::optional<std::chrono::milliseconds> requeue_after;
    // The pass cannot go on and must back off; actions before it still run.
    std::optional<Error> failure;
    // Why nothing or less was done, for the log.
    std::vector<std::string> reasons;
};

// An object made by an earlier action of this plan has its UID only now: puts it into the
// references to that object which later events carry.
void fill_uid(Plan& plan, const k8s::ObjectReference& made);

}  // namespace lws::rules
