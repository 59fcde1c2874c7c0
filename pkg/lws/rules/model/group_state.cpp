// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/group_state.hpp"

namespace lws::rules::model {
namespace {

std::string text_of(Deletion deletion) {
    switch (deletion) {
        case Deletion::none:
            return "";
        case Deletion::background:
            return " leaving";
        case Deletion::foreground:
            return " leaving with its dependents";
    }
    return "?";
}

std::string text_of(const PodState& pod) {
    if (pod.uid == 0) {
        return "-";
    }
    std::string out = "#" + std::to_string(pod.uid);
    out.append(pod.owner != 0 ? " of " + std::to_string(pod.owner) : "");
    out.append(pod.running != 0 ? "" : " pending").append(pod.restarted != 0 ? " restarted" : "");
    return out.append(text_of(pod.deletion));
}

std::string text_of(const GroupObjects& objects) {
    std::string out = "leader " + text_of(objects.leader) + ", StatefulSet ";
    const WorkersState& workers = objects.stateful_set;
    if (workers.uid == 0) {
        out.append("-");
    } else {
        out.append("#").append(std::to_string(workers.uid));
        out.append(" of ").append(std::to_string(workers.owner)).append(text_of(workers.deletion));
    }
    for (const PodState& pod : objects.workers) {
        out.append(", worker ").append(text_of(pod));
    }
    return out;
}

}  // namespace

std::string describe(const GroupModelState& state) {
    std::string out = text_of(state.live);
    if (state.cache != state.live) {
        out.append(" | cache: ").append(text_of(state.cache));
    }
    out.append(" | knows leader ").append(std::to_string(state.memory.leader));
    out.append(state.memory.complete != 0 ? " complete" : "");
    return out.append(state.memory.deletion_requested != 0 ? " deleted" : "");
}

}  // namespace lws::rules::model
