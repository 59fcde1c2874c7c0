// SPDX-License-Identifier: Apache-2.0
// What is remembered of one group between passes, and which part of it must survive the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/rules/groups/backoff.hpp"

namespace lws::rules {

struct GroupMember {
    std::string name;
    std::string uid;

    friend auto operator<=>(const GroupMember&, const GroupMember&) = default;
};

// That a group was complete under one leader, and with whom; zeros when it never was.
struct KnownMembers {
    std::uint64_t leader = 0;   // hash of the leader's UID
    std::uint64_t members = 0;  // digest of its workers' names and UIDs

    friend bool operator==(const KnownMembers&, const KnownMembers&) = default;
};

// The part that is persisted.
struct GroupRecord {
    KnownMembers known{};
    Recreations recreations{};

    friend bool operator==(const GroupRecord&, const GroupRecord&) = default;
};

struct GroupMemory {
    // These three belong to one incarnation: with another leader they mean nothing.
    std::string leader_uid;
    // Workers, sorted; filled once all `size` pods existed at once, and never changed after.
    std::vector<GroupMember> workers;
    // We asked for this leader's deletion; the caches may not show it yet.
    bool deletion_requested = false;

    GroupRecord record{};

    friend bool operator==(const GroupMemory&, const GroupMemory&) = default;
};

[[nodiscard]] KnownMembers known_members(
    std::string_view leader_uid, const std::vector<GroupMember>& sorted_workers
);

[[nodiscard]] bool is_known_leader(const KnownMembers& known, std::string_view leader_uid);

// A difference that a later controller needs. A reset count is none: it is derived again.
[[nodiscard]] bool is_worth_writing(const GroupRecord& written, const GroupRecord& now);

}  // namespace lws::rules
