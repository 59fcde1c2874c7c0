// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/group_memory.hpp"

namespace lws::rules {
namespace {

// Zero stands for "none".
std::uint64_t nonzero(std::uint64_t hash) {
    return hash == 0 ? 1 : hash;
}

}  // namespace

KnownMembers known_members(
    std::string_view leader_uid, const std::vector<GroupMember>& sorted_workers
) {
    std::string text;
    for (const GroupMember& member : sorted_workers) {
        text.append(member.name).append("=").append(member.uid).append("\n");
    }
    return {nonzero(k8s::hash_text(leader_uid)), nonzero(k8s::hash_text(text))};
}

bool is_known_leader(const KnownMembers& known, std::string_view leader_uid) {
    return known.members != 0 && known.leader == nonzero(k8s::hash_text(leader_uid));
}

bool is_worth_writing(const GroupRecord& written, const GroupRecord& now) {
    const Recreations& was = written.recreations;
    const Recreations& is = now.recreations;
    const bool failed_again = is.count > was.count || (is.count > 0 && is.revision != was.revision);
    return written.known != now.known || failed_again;
}

}  // namespace lws::rules
