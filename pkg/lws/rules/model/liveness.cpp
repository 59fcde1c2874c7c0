// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/model/liveness.hpp"

#include <algorithm>

namespace lws::rules::model {

void LivenessGraph::begin(std::uint32_t from) {
    first_.resize(std::size_t{from} + 1, edges_.size());
}

void LivenessGraph::add_edge(std::uint32_t to, Actor actor) {
    if (actor != kEnvironment) {
        edges_.push_back({to, actor});
    }
}

std::optional<Trap> LivenessGraph::find_trap() {
    first_.resize(goals_.size() + 1, edges_.size());
    if (auto trap = find_simple_trap()) {
        return trap;
    }
    order_.assign(goals_.size(), 0);
    low_.assign(goals_.size(), 0);
    component_.assign(goals_.size(), 0);
    for (std::uint32_t state = 0; state < goals_.size(); ++state) {
        if (goals_[state] == Goal::missed && order_[state] == 0) {
            if (auto trap = visit(state)) {
                return trap;
            }
        }
    }
    return std::nullopt;
}

std::optional<Trap> LivenessGraph::find_simple_trap() const {
    for (std::uint32_t state = 0; state < goals_.size(); ++state) {
        const auto begin = edges_.begin() + static_cast<std::ptrdiff_t>(first_[state]);
        const auto end = edges_.begin() + static_cast<std::ptrdiff_t>(end_of(state));
        if (goals_[state] == Goal::missed && begin == end) {
            return Trap{kStuck, {state}};
        }
        const bool leaves = std::any_of(begin, end, [this](const Edge& edge) {
            return goals_[edge.to] == Goal::missed;
        });
        if (goals_[state] == Goal::reached && leaves) {
            return Trap{kGoalLeft, {state}};
        }
    }
    return std::nullopt;
}

// The recursion of Tarjan's algorithm, on a stack of our own: a graph may be a million deep.
std::optional<Trap> LivenessGraph::visit(std::uint32_t root) {
    const auto enter = [this](std::uint32_t state) {
        order_[state] = low_[state] = ++visited_;
        open_.push_back(state);
        visits_.push_back({state, first_[state]});
    };
    enter(root);
    while (!visits_.empty()) {
        auto& [state, next] = visits_.back();
        if (next < end_of(state)) {
            const std::uint32_t to = edges_[next++].to;
            if (goals_[to] == Goal::reached) {
                continue;
            }
            if (order_[to] == 0) {
                enter(to);
            } else if (component_[to] == 0) {
                low_[state] = std::min(low_[state], order_[to]);
            }
            continue;
        }
        const std::uint32_t done = state;
        visits_.pop_back();
        if (!visits_.empty()) {
            std::uint32_t& above = low_[visits_.back().state];
            above = std::min(above, low_[done]);
        }
        if (low_[done] == order_[done]) {
            if (auto trap = close_component(done)) {
                return trap;
            }
        }
    }
    return std::nullopt;
}

std::optional<Trap> LivenessGraph::close_component(std::uint32_t root) {
    const auto at = std::find(open_.rbegin(), open_.rend(), root).base() - 1;
    std::vector<std::uint32_t> component(at, open_.end());
    open_.erase(at, open_.end());
    ++components_;
    for (const std::uint32_t state : component) {
        component_[state] = components_;
    }
    if (component.size() > 1 && is_fair_trap(component)) {
        std::sort(component.begin(), component.end());
        return Trap{kEndless, std::move(component)};
    }
    return std::nullopt;
}

// A run that visits all of the component for ever is fair unless some actor could act in every one
// of its states and every act of it leads out. The same holds for each smaller cycle in it, so
// looking at whole components is enough.
bool LivenessGraph::is_fair_trap(const std::vector<std::uint32_t>& component) const {
    std::uint32_t always_able = ~std::uint32_t{0};
    std::uint32_t acts_inside = 0;
    for (const std::uint32_t state : component) {
        std::uint32_t able = 0;
        for (std::uint64_t i = first_[state]; i < end_of(state); ++i) {
            const Edge& edge = edges_[i];
            able |= 1U << edge.actor;
            if (component_[edge.to] == component_[state]) {
                acts_inside |= 1U << edge.actor;
            }
        }
        always_able &= able;
    }
    return (always_able & ~acts_inside) == 0;
}

}  // namespace lws::rules::model
