// SPDX-License-Identifier: Apache-2.0
// The annotation on the leader StatefulSet that carries what is remembered of a set's groups over a
// restart of the controller:
//
//     1;SET;GROUP=LEADER.MEMBERS;GROUP=LEADER.MEMBERS.REVISION.COUNT.NEXT;...
//
// Groups ascend and are decimal; all else is base 36: hashes, the number of recreations, and the
// second (since 1970) until which workers wait, empty when it is not known yet. About 30 bytes a
// group, 50 for one that failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/rules/groups/group_id.hpp"
#include "pkg/lws/rules/groups/group_memory.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// Half of what the API server allows for all annotations of an object (256 KiB).
inline constexpr std::size_t kMaxGroupMark = std::size_t{128} * 1024;

struct GroupMark {
    std::uint64_t set = 0;  // hash of the set's UID: recreations belong to it, members to pods
    std::map<GroupId, GroupRecord> groups;

    friend bool operator==(const GroupMark&, const GroupMark&) = default;
};

[[nodiscard]] std::uint64_t hash_of_set(std::string_view set_uid);

// Total: any text gives a mark or an Error{invalid_input}, and what is accepted is exactly what
// encode_group_mark() prints.
[[nodiscard]] Result<GroupMark> decode_group_mark(std::string_view text);

struct EncodedGroupMark {
    std::string text;          // empty when there is nothing to remember
    std::size_t left_out = 0;  // groups for which `limit` was too small

    friend bool operator==(const EncodedGroupMark&, const EncodedGroupMark&) = default;
};

// Groups that failed come first when not all fit into `limit` bytes, then those of low index.
[[nodiscard]] EncodedGroupMark encode_group_mark(const GroupMark& mark, std::size_t limit);

// What the set's own annotations, which the StatefulSet carries too, leave for the mark.
[[nodiscard]] std::size_t group_mark_limit(const api::StringMap& annotations);

}  // namespace lws::rules
