// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/rollout_state.hpp"

#include <algorithm>

namespace lws::rules::model {
namespace {

std::string_view text_of(Phase phase) {
    switch (phase) {
        case Phase::none:
            return "-";
        case Phase::leftover:
            return "leftover";
        case Phase::leftover_ready:
            return "leftover*";
        case Phase::starting:
            return "starting";
        case Phase::workers_not_ready:
            return "workers";
        case Phase::ready:
            return "ready";
        case Phase::draining:
            return "draining";
        case Phase::leaving:
            return "leaving";
    }
    return "?";
}

std::string number(std::string_view name, int value) {
    return std::string(" ").append(name).append(" ").append(std::to_string(value));
}

}  // namespace

bool RolloutState::has_revision(int wanted) const {
    return std::any_of(revisions.begin(), revisions.begin() + revision_count, [&](int have) {
        return have == wanted;
    });
}

std::string describe(const RolloutState& state) {
    std::string out = "[";
    for (const Group& group : state.groups) {
        out.append(" ").append(text_of(group.phase));
        if (group.phase != Phase::none) {
            out.append("/").append(std::to_string(group.revision));
        }
        out.append(group.excused != 0 ? "!" : "").append(group.fails_under != 0 ? "X" : "");
    }
    out.append(" ]").append(number("set", state.set_template)).append(number("shape", state.shape));
    if (state.exists == 0) {
        return out.append(" no StatefulSet");
    }
    out.append(number("replicas", state.replicas)).append(number("partition", state.partition));
    out.append(number("update", state.update_revision));
    out.append(number("current", state.current_revision)).append(" revisions");
    for (int i = 0; i < state.revision_count; ++i) {
        out.append(" ").append(std::to_string(state.revisions[static_cast<std::size_t>(i)]));
    }
    return out.append(state.remembers != 0 ? "" : " forgetful");
}

}  // namespace lws::rules::model
