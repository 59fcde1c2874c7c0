// SPDX-License-Identifier: Apache-2.0
// plan_set() over a state of the model: makes the objects that the caches of a controller would
// hold, and reads the writes from the bodies that it plans.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/plan_set.hpp"
#include "pkg/lws/rules/model/rollout_state.hpp"
#include "pkg/lws/rules/model/state_table.hpp"

namespace lws::rules::model {

enum class WriteKind : std::uint8_t { create_revision, apply, delete_revision };

struct Write {
    WriteKind kind{};
    int revision = 0;  // template of the revision made, applied or deleted
    int position = 0;  // of the revision deleted, in RolloutState::revisions
    // Of an apply.
    int replicas = 0;
    int partition = 0;
    int max_unavailable = 1;
    int applied_replicas = 0;
};

struct PassPlan {
    std::vector<Write> writes;  // in order; Service and status are left out
    std::string failure;
    // Groups that group_states() calls ready, one bit each.
    std::uint32_t seen_ready = 0;
};

// What decides; tests put broken ones in the place of the real one.
using RolloutPlanner = std::function<PassPlan(const RolloutState&)>;

class RealRolloutPlanner {
public:
    explicit RealRolloutPlanner(const RolloutScope& scope);

    // Answers are kept, for states differ mostly in what the controller cannot see.
    const PassPlan& operator()(const RolloutState& state);

private:
    struct StateHash {
        std::size_t operator()(const RolloutState& state) const;
    };
    struct Set;
    struct Objects;

    [[nodiscard]] PassPlan make_plan(const RolloutState& state);
    [[nodiscard]] const Set& set_of(const RolloutState& state);
    [[nodiscard]] int template_of(std::string_view key) const;
    void add_leaders(const RolloutState& state, Objects& objects) const;
    void add_revisions(const RolloutState& state, Objects& objects) const;
    void remember(const RolloutState& state, const Objects& objects, SetObservation& observed);
    [[nodiscard]] std::vector<Write> writes_of(const SetPlan& plan) const;

    RolloutScope scope_;
    std::map<std::pair<int, int>, std::shared_ptr<const Set>> sets_;
    std::vector<std::string> keys_;  // of each template
    std::vector<std::string> data_;
    // Hash of the apply that made a StatefulSet what it is.
    std::map<std::vector<int>, std::uint64_t> applied_;
    std::unordered_map<RolloutState, PassPlan, StateHash> answers_;
};

}  // namespace lws::rules::model
