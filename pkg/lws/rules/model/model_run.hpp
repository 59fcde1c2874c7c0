// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <iostream>
#include <string_view>
#include <utility>

#include "pkg/lws/rules/model/explorer.hpp"

namespace lws::rules::model {

// Explores all of a model, or fails; prints what was seen.
template <class Model>
Report explore(std::string_view name, Model model, std::size_t most_states = 20'000'000) {
    const Report report = Explorer<Model>(model, most_states).run();
    std::cout << name << ": " << report.states << " states, " << report.transitions
              << " transitions, " << report.goals << " goals, at most " << report.depth
              << " steps away" << std::endl;
    return report;
}

template <class Model>
void prove(std::string_view name, Model model) {
    const Report report = explore(name, std::move(model));
    INFO(name << "\n" << (report.finding ? report.finding->text() : ""));
    CHECK_FALSE(report.finding);
    CHECK(report.complete);
    CHECK(report.goals > 0);
}

}  // namespace lws::rules::model
