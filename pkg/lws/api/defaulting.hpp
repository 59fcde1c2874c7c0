// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/json/view.hpp"

namespace lws::api {

// Writes the operations that give `set` the defaults of the mutating webhook, and nothing else:
// restartPolicy, rolloutStrategy, networkConfig. `patch` was made for `set`. Applied to its own
// result it writes nothing. Members of a wrong type are left alone: read_leader_worker_set() names
// them. Source: kubernetes-sigs/lws v0.10 pkg/webhooks/leaderworkerset_webhook.go, Default.
void plan_defaults(json::View set, json::PatchBuilder& patch);

}  // namespace lws::api
