// SPDX-License-Identifier: Apache-2.0
#include "controller/group_memories.hpp"

#include <utility>

namespace lws::controller {

void GroupMemories::load(SetMemory& memory, const k8s::StatefulSet& leaders) {
    memory.loaded_from = leaders.uid;
    auto mark = rules::decode_group_mark(leaders.group_memory);
    if (mark.has_error()) {
        logger_->warn(
            "StatefulSet {}: {}; starting anew", k8s::to_text(leaders.key), mark.error().message
        );
        return;
    }
    const bool same_set = mark->set == rules::hash_of_set(memory.set_uid);
    for (auto& [group, record] : mark->groups) {
        // An adopted StatefulSet brings its pods along, but not the failures under another set.
        if (!same_set) record.recreations = {};
        rules::GroupMemory loaded;
        loaded.record = record;
        memory.groups.emplace(group, std::move(loaded));
    }
}

GroupMemories::SetMemory& GroupMemories::memory_of(
    const k8s::ObjectKey& set, const std::string& set_uid, const k8s::StatefulSet* leaders
) {
    SetMemory& memory = sets_[set];
    if (memory.set_uid != set_uid) {
        memory = {};
        memory.set_uid = set_uid;
    }
    if (memory.loaded_from.empty() && leaders != nullptr) load(memory, *leaders);
    return memory;
}

rules::GroupMemory GroupMemories::recall(
    const GroupName& group, const std::string& set_uid, const k8s::StatefulSet* leaders
) {
    const SetMemory& memory = memory_of(group.set, set_uid, leaders);
    const auto found = memory.groups.find(group.group);
    return found == memory.groups.end() ? rules::GroupMemory{} : found->second;
}

void GroupMemories::keep(const GroupName& group, rules::GroupMemory memory, Clock::time_point now) {
    const auto found = sets_.find(group.set);
    if (found == sets_.end()) return;
    SetMemory& set = found->second;
    rules::GroupMemory& kept = set.groups[group.group];
    const bool worth = rules::is_worth_writing(kept.record, memory.record);
    kept = std::move(memory);
    if (!worth) return;
    ++set.version;
    if (set.unwritten_since) return;
    set.unwritten_since = now;
    wake_(group.set, interval_);
}

void GroupMemories::keep_trouble(const GroupName& group, rules::GroupTrouble trouble) {
    const auto found = sets_.find(group.set);
    if (found == sets_.end()) return;
    auto& troubles = found->second.troubles;
    const auto kept = troubles.find(group.group);
    const bool same =
        kept == troubles.end() ? !trouble.any() : trouble.any() && kept->second == trouble;
    if (same) return;
    if (trouble.any()) {
        troubles.insert_or_assign(group.group, std::move(trouble));
    } else {
        troubles.erase(kept);
    }
    wake_(group.set, std::chrono::milliseconds::zero());
    // A set of the leader's name has the same conflict.
    wake_(
        {group.set.namespace_, group.group.leader_name(group.set.name)},
        std::chrono::milliseconds::zero()
    );
}

rules::GroupTrouble GroupMemories::trouble(const GroupName& group) const {
    const auto set = sets_.find(group.set);
    if (set == sets_.end()) return {};
    const auto found = set->second.troubles.find(group.group);
    return found == set->second.troubles.end() ? rules::GroupTrouble{} : found->second;
}

std::vector<rules::TroubledGroup> GroupMemories::troubles(const k8s::ObjectKey& set) const {
    std::vector<rules::TroubledGroup> out;
    const auto found = sets_.find(set);
    if (found == sets_.end()) return out;
    for (const auto& [group, trouble] : found->second.troubles) out.push_back({group, trouble});
    return out;
}

std::vector<rules::FailingGroup> GroupMemories::failing(const k8s::ObjectKey& set) const {
    std::vector<rules::FailingGroup> out;
    const auto found = sets_.find(set);
    if (found == sets_.end()) return out;
    for (const auto& [group, kept] : found->second.groups) {
        const rules::Recreations& recreations = kept.record.recreations;
        if (rules::keeps_failing(recreations)) out.push_back({group, recreations.revision});
    }
    return out;
}

rules::GroupMark GroupMemories::to_mark(const SetMemory& memory) {
    rules::GroupMark mark;
    mark.set = rules::hash_of_set(memory.set_uid);
    for (const auto& [group, kept] : memory.groups) mark.groups.emplace(group, kept.record);
    return mark;
}

GroupMemories::Mark GroupMemories::mark(
    const api::LeaderWorkerSet& set, const k8s::StatefulSet* leaders, Clock::time_point now
) {
    SetMemory& memory =
        memory_of({set.metadata.namespace_name, set.metadata.name}, set.metadata.uid, leaders);
    auto encoded = rules::encode_group_mark(
        to_mark(memory), rules::group_mark_limit(set.metadata.annotations)
    );
    memory.left_out = encoded.left_out;
    Mark mark{std::move(encoded.text), memory.version, std::nullopt};
    if (memory.unwritten_since) {
        mark.due_in =
            std::chrono::ceil<std::chrono::milliseconds>(*memory.unwritten_since + interval_ - now);
    }
    return mark;
}

void GroupMemories::written(
    const k8s::ObjectKey& set, std::uint64_t version, Clock::time_point now
) {
    const auto found = sets_.find(set);
    if (found == sets_.end()) return;
    SetMemory& memory = found->second;
    memory.unwritten_since.reset();
    if (memory.version == version) return;
    // A group pass changed something while the request was under way.
    memory.unwritten_since = now;
    wake_(set, interval_);
}

void GroupMemories::forget_from(const k8s::ObjectKey& set, std::int32_t end) {
    const auto found = sets_.find(set);
    if (found == sets_.end()) return;
    const rules::GroupId first(end);
    auto& groups = found->second.groups;
    groups.erase(groups.lower_bound(first), groups.end());
    auto& troubles = found->second.troubles;
    troubles.erase(troubles.lower_bound(first), troubles.end());
}

GroupMemories::Totals GroupMemories::totals() const {
    Totals totals;
    for (const auto& [key, memory] : sets_) {
        totals.left_out += memory.left_out;
        for (const auto& [group, trouble] : memory.troubles) {
            totals.held += trouble.held_until ? 1 : 0;
            totals.stuck += trouble.stuck.size();
            totals.conflicts += trouble.conflict.empty() ? 0 : 1;
        }
    }
    return totals;
}

}  // namespace lws::controller
