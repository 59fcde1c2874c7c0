// SPDX-License-Identifier: Apache-2.0
// plan_group() over what the caches of a GroupModelState show.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "pkg/lws/rules/model/group_state.hpp"

namespace lws::rules::model {

// A deletion without a precondition: what a broken planner of a test may want.
inline constexpr std::uint8_t kAnyLeader = 0xFF;

struct GroupPassPlan {
    MemoryState memory;
    std::uint8_t delete_leader = 0;  // UID that the deletion names as precondition; 0: no deletion
    std::uint8_t create_workers_for = 0;  // UID of the leader that the new StatefulSet belongs to
    // Workers that are told to be of the leader's incarnation, one bit each.
    std::uint32_t own_workers = 0;
    std::string failure;
};

using GroupPlanner = std::function<GroupPassPlan(const GroupObjects&, const MemoryState&)>;

class RealGroupPlanner {
public:
    explicit RealGroupPlanner(const GroupScope& scope);

    const GroupPassPlan& operator()(const GroupObjects& seen, const MemoryState& memory);

private:
    struct Set;
    struct Question {
        GroupObjects seen;
        MemoryState memory;

        friend bool operator==(const Question&, const Question&) = default;
    };
    struct QuestionHash {
        std::size_t operator()(const Question& question) const;
    };

    [[nodiscard]] GroupPassPlan make_plan(const Question& question) const;

    std::shared_ptr<const Set> set_;
    std::unordered_map<Question, GroupPassPlan, QuestionHash> answers_;
};

}  // namespace lws::rules::model
