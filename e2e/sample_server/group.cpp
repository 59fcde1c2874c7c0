// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/group.hpp"

namespace lws::sample {

Group::Group(int size) : expected_workers_(size > 1 ? static_cast<std::size_t>(size - 1) : 0) {}

JoinOutcome Group::join(const std::string& worker, std::uint64_t connection) {
    if (const auto found = connections_.find(worker); found != connections_.end()) {
        found->second = connection;
        return JoinOutcome::replaced;
    }
    if (worker.empty() || connections_.size() >= expected_workers_) {
        return JoinOutcome::refused;
    }
    connections_.emplace(worker, connection);
    return JoinOutcome::joined;
}

void Group::leave(const std::string& worker, std::uint64_t connection) {
    const auto found = connections_.find(worker);
    if (found != connections_.end() && found->second == connection) {
        connections_.erase(found);
    }
}

bool Group::complete() const {
    return connections_.size() == expected_workers_;
}

std::vector<std::string> Group::workers() const {
    std::vector<std::string> names;
    names.reserve(connections_.size());
    for (const auto& [name, connection] : connections_) {
        names.push_back(name);
    }
    return names;
}

}  // namespace lws::sample
