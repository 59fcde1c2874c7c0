// SPDX-License-Identifier: Apache-2.0
// Properties of the webhook over generated reviews:
//
//   review_properties [--cases N] [--seed N] [--first N] [--jobs N] [--least N] [--rules FILE]
//
// Prints seed, duration and how many cases met each rule of sections 3 and 4, the rarest first.
// Exit 1: a property does not hold; the case is printed, shrunk. Exit 3: a rule was met by fewer
// cases than --least. Exit 2: it could not be run.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <thread>

#include "webhook/property/rule_table.hpp"
#include "webhook/property/run.hpp"

namespace {

using namespace lws::webhook::property;

struct Settings {
    std::uint64_t cases = 1'000'000;
    std::uint64_t seed = 20261125;
    std::uint64_t first = 0;
    std::uint64_t jobs = 1;
    std::uint64_t least = 0;
    std::string rules = "docs/rules.csv";
};

// In blocks, so that every thread has cases of every size.
Totals run(const Settings& settings) {
    constexpr std::uint64_t kBlock = 5'000;
    std::vector<Totals> totals(settings.jobs);
    std::vector<std::thread> threads;
    threads.reserve(settings.jobs);
    for (std::uint64_t job = 0; job < settings.jobs; ++job) {
        threads.emplace_back([&, job] {
            for (auto at = job * kBlock; at < settings.cases; at += settings.jobs * kBlock) {
                const auto count = std::min(kBlock, settings.cases - at);
                add(totals[job], run_cases(settings.seed, settings.first + at, count));
                if (totals[job].failure) {
                    return;
                }
            }
        });
    }
    Totals sum;
    for (std::uint64_t job = 0; job < settings.jobs; ++job) {
        threads[job].join();
        add(sum, std::move(totals[job]));
    }
    return sum;
}

void print_rules(const Totals& totals) {
    std::vector<std::pair<std::uint64_t, std::string_view>> rules;
    rules.reserve(totals.by_rule.size());
    for (const auto& [rule, count] : totals.by_rule) {
        rules.emplace_back(count, rule);
    }
    std::sort(rules.begin(), rules.end());
    for (const auto& [count, rule] : rules) {
        std::printf(
            "%10llu  %.*s\n",
            static_cast<unsigned long long>(count),
            static_cast<int>(rule.size()),
            rule.data()
        );
    }
    for (const auto& rule : rules_elsewhere()) {
        std::printf(
            "         -  %.*s (%.*s)\n",
            static_cast<int>(rule.rule.size()),
            rule.rule.data(),
            static_cast<int>(rule.reason.size()),
            rule.reason.data()
        );
    }
}

bool tables_are_complete(const std::string& file) {
    std::ifstream stream(file);
    const std::string csv(
        (std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>()
    );
    if (csv.empty()) {
        std::fprintf(stderr, "%s cannot be read\n", file.c_str());
        return false;
    }
    const auto problems = compare_tables(csv);
    for (const auto& problem : problems) {
        std::fprintf(stderr, "a rule %s\n", problem.c_str());
    }
    return problems.empty();
}

// The cases, and what they came to in print. The exit code.
int report(const Settings& settings) {
    if (!tables_are_complete(settings.rules)) {
        return 2;
    }
    const auto start = std::chrono::steady_clock::now();
    const auto totals = run(settings);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf(
        "seed %llu, cases %llu to %llu: %llu done in %.1f s\n",
        static_cast<unsigned long long>(settings.seed),
        static_cast<unsigned long long>(settings.first),
        static_cast<unsigned long long>(settings.first + settings.cases - 1),
        static_cast<unsigned long long>(totals.cases),
        took.count()
    );
    std::printf(
        "%llu sets were accepted, and made %llu pods that were admitted\n",
        static_cast<unsigned long long>(totals.accepted_sets),
        static_cast<unsigned long long>(totals.their_pods)
    );
    print_rules(totals);
    if (totals.failure) {
        std::printf(
            "case %llu does not hold: %s\n%s",
            static_cast<unsigned long long>(totals.failure->number),
            totals.failure->what.c_str(),
            describe(totals.failure->smallest).c_str()
        );
        return 1;
    }
    const bool rare =
        std::any_of(totals.by_rule.begin(), totals.by_rule.end(), [&](const auto& rule) {
            return rule.second < settings.least;
        });
    return rare ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Settings settings;
        CLI::App app("Properties of the webhook over generated reviews");
        app.add_option("--cases", settings.cases, "how many cases");
        app.add_option("--seed", settings.seed, "what they are made from");
        app.add_option("--first", settings.first, "number of the first");
        app.add_option("--jobs", settings.jobs, "threads")->check(CLI::Range(1, 64));
        app.add_option("--least", settings.least, "cases that each rule must be met by");
        app.add_option("--rules", settings.rules, "docs/rules.csv");
        try {
            app.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return app.exit(error) == 0 ? 0 : 2;
        }
        return report(settings);
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "review_properties: %s\n", exception.what());
        return 2;
    }
}
