// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/k8s/controller_revision.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// What a group is made of: the data of the revision that its leader carries, and what
// read_leader_worker_set() makes of it.
struct GroupForm {
    json::Document data;
    api::LeaderWorkerSet set;
};

[[nodiscard]] Result<GroupForm> read_group_form(const k8s::ControllerRevision& revision);

}  // namespace lws::rules
