// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/lws/support/result.hpp"
#include "webhook/property/case.hpp"

namespace lws::webhook::property {

struct Failure {
    std::uint64_t number = 0;
    std::string what;
    Case smallest;  // that fails in the same way
};

struct Totals {
    std::uint64_t cases = 0;
    std::uint64_t accepted_sets = 0;
    std::uint64_t their_pods = 0;                       // leaders and workers, all of them admitted
    std::map<std::string_view, std::uint64_t> by_rule;  // every rule of the tables, 0 included
    std::optional<Failure> failure;                     // of the lowest number
};

// Cases first … first + count - 1 of a seed; ends at the first failure.
[[nodiscard]] Totals run_cases(std::uint64_t seed, std::uint64_t first, std::uint64_t count);

// Adds up the totals of two runs; the lower failure stays.
void add(Totals& sum, Totals more);

// The case as a person can send it again: path and body of a review, one JSON text a line.
[[nodiscard]] std::string describe(const Case& c);

// What the tables of rules and docs/rules.csv, given as its text, disagree about; empty when each
// rule of sections 3 and 4 with a C++ test stands in one table, once, and no other does.
[[nodiscard]] std::vector<std::string> compare_tables(std::string_view rules_csv);

}  // namespace lws::webhook::property
