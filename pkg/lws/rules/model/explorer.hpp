// SPDX-License-Identifier: Apache-2.0
// Exhaustive breadth-first exploration of a model: every reachable state, every step, the shortest
// way to the first state that breaks an invariant. See liveness.hpp for what is checked after.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/rules/model/liveness.hpp"
#include "pkg/lws/rules/model/state_table.hpp"

namespace lws::rules::model {

// What a model may do next. A model M has
//   M::State                                       bytes without padding, comparable
//   std::vector<State> initial() const
//   void steps(const State&, std::vector<Step<State>>&)  steps that change nothing are left out
//   std::string_view broken(const State&) const    an invariant that does not hold; empty: all do
//   bool at_goal(const State&) const
//   std::string describe(const State&) const
template <class State>
struct Step {
    State to;
    Actor actor = kEnvironment;
    std::string_view what;     // outlives the model
    std::int8_t subject = -1;  // which group or pod; -1: none
    std::string_view broken;   // an invariant of the step itself
};

struct Finding {
    std::string what;
    std::vector<std::string> trace;  // from an initial state: step, then the state it leads to

    [[nodiscard]] std::string text() const {
        std::string out = what;
        for (const std::string& line : trace) {
            out.append("\n  ").append(line);
        }
        return out;
    }
};

struct Report {
    std::size_t states = 0;
    std::size_t transitions = 0;
    std::size_t depth = 0;  // steps to the farthest state, each by its shortest way
    std::size_t goals = 0;
    bool complete = false;  // false: the bound or a finding ended it
    std::optional<Finding> finding;
};

template <class Model>
class Explorer {
public:
    using State = typename Model::State;

    Explorer(Model& model, std::size_t most_states) : model_(model), most_states_(most_states) {}

    Report run() {
        for (const State& state : model_.initial()) {
            discover(state, kNobody);
        }
        for (std::uint32_t at = 0; at < table_.size() && !report_.finding; ++at) {
            if (table_.size() > most_states_) {
                break;
            }
            expand(at);
        }
        report_.states = table_.size();
        report_.complete = !report_.finding && expanded_ == table_.size();
        if (report_.complete) {
            check_liveness();
        }
        return report_;
    }

private:
    static constexpr std::uint32_t kNobody = ~std::uint32_t{0};

    std::uint32_t discover(const State& state, std::uint32_t from) {
        const auto [number, is_new] = table_.insert(state);
        if (is_new) {
            parents_.push_back(from);
            depths_.push_back(from == kNobody ? 0 : depths_[from] + 1);
            report_.depth = std::max<std::size_t>(report_.depth, depths_.back());
            const bool goal = model_.at_goal(state);
            report_.goals += goal ? 1 : 0;
            graph_.add_state(goal ? Goal::reached : Goal::missed);
            if (const std::string_view broken = model_.broken(state); !broken.empty()) {
                report_.finding = Finding{std::string(broken), trace_to(number)};
            }
        }
        return number;
    }

    void expand(std::uint32_t from) {
        steps_.clear();
        const State state = table_[from];
        model_.steps(state, steps_);
        graph_.begin(from);
        for (const Step<State>& step : steps_) {
            ++report_.transitions;
            if (!step.broken.empty()) {
                report_.finding = Finding{std::string(step.broken), trace_to(from)};
                report_.finding->trace.push_back(line(step));
                return;
            }
            const std::uint32_t to = discover(step.to, from);
            if (report_.finding) {
                return;
            }
            graph_.add_edge(to, step.actor);
        }
        ++expanded_;
    }

    void check_liveness() {
        const std::optional<Trap> trap = graph_.find_trap();
        if (!trap) {
            return;
        }
        report_.complete = false;
        report_.finding = Finding{std::string(trap->what), trace_to(trap->states.front())};
        if (trap->states.size() > 1) {
            report_.finding->trace.emplace_back("then for ever among");
            for (const std::uint32_t number : trap->states) {
                report_.finding->trace.push_back(model_.describe(table_[number]));
            }
        }
    }

    std::string line(const Step<State>& step) const {
        std::string out(step.what);
        if (step.subject >= 0) {
            out.append(" ").append(std::to_string(step.subject));
        }
        return out.append(" -> ").append(model_.describe(step.to));
    }

    std::vector<std::string> trace_to(std::uint32_t number) {
        std::vector<std::uint32_t> way;
        for (std::uint32_t at = number; at != kNobody; at = parents_[at]) {
            way.push_back(at);
        }
        std::reverse(way.begin(), way.end());
        std::vector<std::string> trace{model_.describe(table_[way.front()])};
        for (std::size_t i = 1; i < way.size(); ++i) {
            trace.push_back(line(step_between(way[i - 1], way[i])));
        }
        return trace;
    }

    // Steps are not kept: the model makes them again.
    Step<State> step_between(std::uint32_t from, std::uint32_t to) {
        std::vector<Step<State>> steps;
        model_.steps(table_[from], steps);
        return *std::find_if(steps.begin(), steps.end(), [&](const Step<State>& step) {
            return step.to == table_[to];
        });
    }

    Model& model_;
    std::size_t most_states_;
    StateTable<State> table_;
    std::vector<std::uint32_t> parents_;
    std::vector<std::uint32_t> depths_;
    std::vector<Step<State>> steps_;
    LivenessGraph graph_;
    std::size_t expanded_ = 0;
    Report report_;
};

}  // namespace lws::rules::model
