// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/cluster_state.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/k8s/object_key.hpp"
#include "pkg/lws/rules/groups/group_mark.hpp"
#include "pkg/lws/rules/groups/group_memory.hpp"
#include "pkg/lws/rules/groups/group_states.hpp"
#include "pkg/lws/rules/groups/group_trouble.hpp"
#include "pkg/lws/support/log.hpp"

namespace lws::controller {

// What is remembered of all groups: group passes read and write it, set passes persist it. Written
// at most once in an interval a set (with another apply sooner): what changes in between goes
// along. One thread.
class GroupMemories {
public:
    using Clock = std::chrono::steady_clock;
    // `wake` makes a set's pass run once that much time went by.
    using Wake = std::function<void(const k8s::ObjectKey& set, std::chrono::milliseconds)>;

    GroupMemories(Wake wake, std::chrono::milliseconds interval, Logger logger)
        : wake_(std::move(wake)), interval_(interval), logger_(std::move(logger)) {}

    // What the group's last pass left, or an earlier process in the mark on `leaders`, which may be
    // null.
    [[nodiscard]] rules::GroupMemory recall(
        const GroupName& group, const std::string& set_uid, const k8s::StatefulSet* leaders
    );
    // Nothing for a set that is forgotten and not recalled since.
    void keep(const GroupName& group, rules::GroupMemory memory, Clock::time_point now);

    // What keeps groups from running, for the condition of their set, whose pass runs when it
    // changes. Not persisted: it is found again.
    void keep_trouble(const GroupName& group, rules::GroupTrouble trouble);
    [[nodiscard]] rules::GroupTrouble trouble(const GroupName& group) const;
    [[nodiscard]] std::vector<rules::TroubledGroup> troubles(const k8s::ObjectKey& set) const;

    // Those that keep failing, under which template.
    [[nodiscard]] std::vector<rules::FailingGroup> failing(const k8s::ObjectKey& set) const;

    struct Mark {
        std::string text;
        std::uint64_t version = 0;
        // None when all is written; zero or less when it is due.
        std::optional<std::chrono::milliseconds> due_in;
    };
    // Starts from what `leaders` carries, as recall() does: an apply that comes before any group's
    // pass must not take the mark of an earlier process away.
    [[nodiscard]] Mark mark(
        const api::LeaderWorkerSet& set, const k8s::StatefulSet* leaders, Clock::time_point now
    );
    // The leader StatefulSet carries the mark of this version now.
    void written(const k8s::ObjectKey& set, std::uint64_t version, Clock::time_point now);

    // Groups of index `end` and above are forgotten.
    void forget_from(const k8s::ObjectKey& set, std::int32_t end);
    void forget(const k8s::ObjectKey& set) { sets_.erase(set); }

    struct Totals {
        std::size_t left_out = 0;   // groups that the marks have no room for
        std::size_t held = 0;       // groups whose workers wait
        std::size_t stuck = 0;      // pods
        std::size_t conflicts = 0;  // groups that another's object stands in the way of
    };
    [[nodiscard]] Totals totals() const;

private:
    struct SetMemory {
        std::string set_uid;
        std::string loaded_from;  // UID of the StatefulSet whose mark was read
        std::map<rules::GroupId, rules::GroupMemory> groups;
        std::map<rules::GroupId, rules::GroupTrouble> troubles;  // those that have any
        std::uint64_t version = 0;                               // grows with what is worth writing
        std::optional<Clock::time_point> unwritten_since;
        std::size_t left_out = 0;
    };

    [[nodiscard]] SetMemory& memory_of(
        const k8s::ObjectKey& set, const std::string& set_uid, const k8s::StatefulSet* leaders
    );
    void load(SetMemory& memory, const k8s::StatefulSet& leaders);
    [[nodiscard]] static rules::GroupMark to_mark(const SetMemory& memory);

    Wake wake_;
    std::chrono::milliseconds interval_;
    Logger logger_;
    std::unordered_map<k8s::ObjectKey, SetMemory> sets_;
};

}  // namespace lws::controller
