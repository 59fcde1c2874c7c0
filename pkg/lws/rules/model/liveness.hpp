// SPDX-License-Identifier: Apache-2.0
// Does every fair run end in a goal and stay there? Fair is weak fairness: an actor that can act
// from some moment on, without a pause, acts at last. The environment (users, failures, crashes)
// need not act at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lws::rules::model {

using Actor = std::uint8_t;  // below 32
inline constexpr Actor kEnvironment = 0;

enum class Goal : std::uint8_t { missed, reached };

inline constexpr std::string_view kStuck = "a run stops before the goal";
inline constexpr std::string_view kEndless = "a fair run never reaches the goal";
inline constexpr std::string_view kGoalLeft = "a run leaves the goal by itself";

struct Trap {
    std::string_view what;
    std::vector<std::uint32_t> states;  // one, or those among which the run stays
};

// The steps of all actors but the environment. States are numbered as they are added; the edges of
// a state are added between begin() of it and the next begin(), in the order of states.
class LivenessGraph {
public:
    void add_state(Goal goal) { goals_.push_back(goal); }
    void begin(std::uint32_t from);
    void add_edge(std::uint32_t to, Actor actor);

    // Every state must have been begun.
    [[nodiscard]] std::optional<Trap> find_trap();

private:
    struct Edge {
        std::uint32_t to;
        Actor actor;
    };
    struct Visit {
        std::uint32_t state;
        std::uint64_t next_edge;
    };

    [[nodiscard]] std::optional<Trap> find_simple_trap() const;
    [[nodiscard]] std::optional<Trap> visit(std::uint32_t root);
    [[nodiscard]] std::optional<Trap> close_component(std::uint32_t root);
    [[nodiscard]] bool is_fair_trap(const std::vector<std::uint32_t>& component) const;
    [[nodiscard]] std::uint64_t end_of(std::uint32_t state) const { return first_[state + 1]; }

    std::vector<Goal> goals_;
    std::vector<Edge> edges_;
    std::vector<std::uint64_t> first_;  // of the edges of a state
    // Tarjan's algorithm over the states short of the goal.
    std::vector<std::uint32_t> order_;  // 0: not visited
    std::vector<std::uint32_t> low_;
    std::vector<std::uint32_t> component_;  // 0: open or not visited
    std::vector<std::uint32_t> open_;
    std::vector<Visit> visits_;
    std::uint32_t visited_ = 0;
    std::uint32_t components_ = 0;
};

}  // namespace lws::rules::model
