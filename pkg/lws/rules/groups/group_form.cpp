// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_form.hpp"

#include <utility>

namespace lws::rules {

Result<GroupForm> read_group_form(const k8s::ControllerRevision& revision) {
    const auto failed = [&revision](const Error& error) {
        return Error(
            error.code, "ControllerRevision " + k8s::to_text(revision.key) + ": " + error.message
        );
    };
    auto data = json::parse(revision.data);
    if (!data) {
        return failed(data.error());
    }
    auto set = api::read_leader_worker_set(data->root());
    if (!set) {
        return failed(set.error());
    }
    return GroupForm{*std::move(data), *std::move(set)};
}

}  // namespace lws::rules
