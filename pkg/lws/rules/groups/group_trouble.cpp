// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_trouble.hpp"

#include <cstddef>

namespace lws::rules {
namespace {

// A condition is read by people, and a lost node of many pods fits into no line.
constexpr std::size_t kMostNamed = 3;

}  // namespace

std::optional<k8s::Seconds> stuck_at(const k8s::Pod& pod) {
    if (!pod.deletion_time || pod.node_name.empty() || pod.deletion_grace == 0) {
        return std::nullopt;
    }
    return *pod.deletion_time + kStuckAfter;
}

std::string describe_troubles(const std::vector<TroubledGroup>& troubles) {
    std::vector<std::string> parts;
    for (const auto& [group, trouble] : troubles) {
        for (const StuckPod& pod : trouble.stuck) {
            parts.push_back("pod " + pod.name + " is stuck in termination on node " + pod.node);
        }
        if (trouble.held_until) {
            parts.push_back(
                "group " + group.text() + " was recreated " + std::to_string(trouble.recreations) +
                " times, its workers wait until " + k8s::format_time(*trouble.held_until)
            );
        }
    }
    std::string text;
    for (std::size_t i = 0; i < parts.size() && i < kMostNamed; ++i) {
        text += (i == 0 ? "" : "; ") + parts[i];
    }
    if (parts.size() > kMostNamed) {
        text += "; and " + std::to_string(parts.size() - kMostNamed) + " more";
    }
    return text;
}

}  // namespace lws::rules
