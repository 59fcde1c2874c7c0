// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lws::sample {

enum class JoinOutcome { joined, replaced, refused };

// Which workers are connected to the leader. A worker that connects again takes the place of its
// older connection, whose end, seen late, then changes nothing. Not thread-safe.
class Group {
public:
    // `size` counts the leader.
    explicit Group(int size);

    // Refused when size - 1 other workers are members already, or the name is empty.
    JoinOutcome join(const std::string& worker, std::uint64_t connection);
    void leave(const std::string& worker, std::uint64_t connection);

    bool complete() const;
    // In order of name.
    std::vector<std::string> workers() const;

private:
    std::size_t expected_workers_;
    std::map<std::string, std::uint64_t> connections_;
};

}  // namespace lws::sample
