// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/run.hpp"

#include <algorithm>
#include <array>

#include "webhook/property/facts.hpp"
#include "webhook/property/rule_table.hpp"
#include "webhook/property/shrink.hpp"

namespace lws::webhook::property {
namespace {

std::array<std::span<const RuleCheck>, 5> all_tables() {
    return {set_rules(), update_rules(), review_rules(), pod_rules(), tpu_rules()};
}

// The kind of a failure: what comes before the first colons, without the values.
std::string_view kind_of(std::string_view what) {
    const auto first = what.find(": ");
    const auto second = what.find_first_of("{[/", first);
    return what.substr(0, std::min(second, what.size()));
}

// The smallest case that fails in the same way.
Case shrunk(const Case& c, std::string_view what) {
    return shrink(c, [&](const Case& smaller) {
        const auto facts = examine(smaller);
        return facts.has_error() && kind_of(facts.error().message) == kind_of(what);
    });
}

// Fields of a line of RFC 4180 without line breaks.
std::vector<std::string> split_csv(std::string_view line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
                fields.back() += line[i++];
            } else {
                quoted = !quoted;
            }
        } else if (line[i] == ',' && !quoted) {
            fields.emplace_back();
        } else if (line[i] != '\r') {
            fields.back() += line[i];
        }
    }
    return fields;
}

}  // namespace

Totals run_cases(std::uint64_t seed, std::uint64_t first, std::uint64_t count) {
    Totals totals;
    for (const auto table : all_tables()) {
        for (const auto& check : table) {
            totals.by_rule[check.rule] = 0;
        }
    }
    for (auto number = first; number < first + count; ++number) {
        const auto c = make_case(seed, number);
        const auto facts = examine(c);
        if (!facts) {
            const auto& what = facts.error().message;
            totals.failure = Failure{number, what, shrunk(c, what)};
            return totals;
        }
        ++totals.cases;
        if (facts->set && facts->set->pods) {
            ++totals.accepted_sets;
            totals.their_pods +=
                facts->set->pods->leaders.size() + facts->set->pods->workers.size();
        }
        for (const auto table : all_tables()) {
            for (const auto& check : table) {
                totals.by_rule[check.rule] += check.met(*facts) ? 1 : 0;
            }
        }
    }
    return totals;
}

void add(Totals& sum, Totals more) {
    sum.cases += more.cases;
    sum.accepted_sets += more.accepted_sets;
    sum.their_pods += more.their_pods;
    for (const auto& [rule, count] : more.by_rule) {
        sum.by_rule[rule] += count;
    }
    if (more.failure && (!sum.failure || more.failure->number < sum.failure->number)) {
        sum.failure = std::move(more.failure);
    }
}

std::string describe(const Case& c) {
    std::string out = "gang scheduling ";
    out += c.gang ? "on" : "off";
    out += ", long names are ";
    out += c.warn_long_names ? "warned of\n" : "denied\n";
    if (c.kind == Case::Kind::body) {
        out.append(review_path(c.path)).append(" ").append(c.content_type).append("\n");
        return out.append(c.body).append("\n");
    }
    out += c.kind == Case::Kind::set ? "set\n" : "pod\n";
    out.append(c.object).append("\n");
    if (!c.old_object.empty()) {
        out.append("before the update\n").append(c.old_object).append("\n");
    }
    return out;
}

std::vector<std::string> compare_tables(std::string_view rules_csv) {
    std::map<std::pair<int, std::string_view>, int> known;
    for (const auto table : all_tables()) {
        for (const auto& check : table) {
            ++known[{check.section, check.rule}];
        }
    }
    for (const auto& rule : rules_elsewhere()) {
        ++known[{rule.section, rule.rule}];
    }
    std::vector<std::string> problems;
    for (const auto& [rule, count] : known) {
        if (count > 1) {
            problems.push_back("stands in the tables twice: " + std::string(rule.second));
        }
    }
    while (!rules_csv.empty()) {
        const auto end = std::min(rules_csv.find('\n'), rules_csv.size());
        const auto fields = split_csv(rules_csv.substr(0, end));
        rules_csv.remove_prefix(std::min(end + 1, rules_csv.size()));
        const bool ours = fields.size() == 4 && (fields[0] == "3" || fields[0] == "4") &&
                          fields[2].ends_with(".cpp");
        if (!ours) {
            continue;
        }
        const auto found = known.find({fields[0] == "3" ? 3 : 4, fields[1]});
        if (found == known.end()) {
            problems.push_back("stands in no table: " + fields[1]);
        } else {
            found->second = 0;
        }
    }
    for (const auto& [rule, count] : known) {
        if (count > 0) {
            problems.push_back("is not in docs/rules.csv: " + std::string(rule.second));
        }
    }
    return problems;
}

}  // namespace lws::webhook::property
