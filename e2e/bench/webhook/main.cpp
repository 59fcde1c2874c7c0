// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>

#include "e2e/bench/webhook/modes.hpp"

namespace {

using namespace lws::bench;

struct TargetArguments {
    std::string name;
    std::string url;
    int pid = 0;
    std::string heap;
    bool constant = false;
};

struct Arguments {
    TargetArguments a{"a", "", 0, "", false};
    TargetArguments b{"b", "", 0, "", false};
    std::string reviews;
    std::vector<std::string> only;
    std::string one = "worker";
    LoadOptions load;
    HeapOptions heap;
    BurstOptions burst;
    IdleOptions idle;
    SoakOptions soak;
};

void add_target(CLI::App& app, const std::string& letter, TargetArguments& target) {
    CLI::Option* const url =
        app.add_option("--" + letter, target.url, "https://127.0.0.1:PORT of a webhook");
    app.add_option("--name-" + letter, target.name, "what tables call it");
    app.add_option("--pid-" + letter, target.pid, "its process")->needs(url);
    app.add_option("--heap-" + letter, target.heap, "its count of heap calls, see heap_count.cpp");
    app.add_flag(
        "--constant-" + letter, target.constant, "it allows everything, whatever it is asked"
    );
}

Targets targets_of(const Arguments& arguments) {
    Targets targets;
    for (const TargetArguments* const t : {&arguments.a, &arguments.b}) {
        if (!t->url.empty()) {
            targets.push_back(std::make_unique<Target>(
                t->name,
                t->url,
                t->pid,
                t->heap,
                t->constant ? Judging::constant : Judging::decision
            ));
        }
    }
    return targets;
}

std::vector<Review> reviews_of(const Arguments& arguments) {
    std::vector<Review> all = read_reviews(arguments.reviews);
    if (arguments.only.empty()) {
        return all;
    }
    std::vector<Review> chosen;
    for (const std::string& name : arguments.only) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const Review& review) {
            return review.name == name;
        });
        if (found == all.end()) {
            throw std::runtime_error("no recorded review is called " + name);
        }
        chosen.push_back(*found);
    }
    return chosen;
}

void add_modes(CLI::App& app, Arguments& a) {
    CLI::App* const load = app.add_subcommand("load", "every review on 1, 8 and 64 connections");
    load->add_option("--connections", a.load.connections);
    load->add_option("--rounds", a.load.rounds);
    load->add_option("--seconds", a.load.seconds, "of each round");
    load->add_option("--most-cpu-ratio", a.load.most_cpu_ratio, "a to b, at 8 connections");
    load->add_option("--most-p99-ratio", a.load.most_p99_ratio, "a to b, at 8 connections");
    CLI::App* const heap = app.add_subcommand("heap", "heap calls for each request");
    heap->add_option("--connections", a.heap.connections);
    heap->add_option("--requests", a.heap.requests);
    heap->add_option("--most", a.heap.most, "of a, for each request");
    CLI::App* const burst = app.add_subcommand("burst", "many new connections at once");
    burst->add_option("--connections", a.burst.connections);
    burst->add_option("--rounds", a.burst.rounds);
    CLI::App* const idle = app.add_subcommand("idle", "idle connections, and one that is used");
    idle->add_option("--count", a.idle.count)->check(CLI::Range(2, 60'000));
    idle->add_option("--requests", a.idle.requests);
    idle->add_option("--most-p99-ms", a.idle.most_p99_millis);
    idle->add_option("--most-resident-mb", a.idle.most_resident_mb, "of a");
    CLI::App* const soak = app.add_subcommand("soak", "a's memory over many requests");
    soak->add_option("--requests", a.soak.requests)->check(CLI::PositiveNumber);
    soak->add_option("--connections", a.soak.connections);
    soak->add_option("--most-resident-mib", a.soak.most_resident_mib);
    soak->add_option("--most-growth-kib", a.soak.most_growth_kib, "since the first tenth");
    app.require_subcommand(1);
}

Verdict run(const CLI::App& app, const Arguments& a) {
    const Targets targets = targets_of(a);
    const std::vector<Review> reviews = reviews_of(a);
    const auto one = std::find_if(reviews.begin(), reviews.end(), [&](const Review& review) {
        return review.name == a.one;
    });
    const Review& single = one == reviews.end() ? reviews.front() : *one;
    const std::string mode = app.get_subcommands().front()->get_name();
    if (mode == "load") {
        return run_load(targets, reviews, a.load);
    }
    if (mode == "heap") {
        return run_heap(targets, reviews, a.heap);
    }
    if (mode == "burst") {
        return run_burst(targets, single, a.burst);
    }
    if (mode == "idle") {
        return run_idle(targets, single, a.idle);
    }
    return run_soak(targets, reviews, a.soak);
}

int fail(const std::string& why) {
    std::fflush(stdout);
    std::fprintf(stderr, "webhook_bench: %s\n", why.c_str());
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Drives one webhook, or two in turn, with recorded reviews. See README.md.");
    app.fallthrough();  // a mode may stand anywhere among the options
    Arguments arguments;
    add_target(app, "a", arguments.a);
    add_target(app, "b", arguments.b);
    app.get_option("--a")->required();
    app.add_option("--reviews", arguments.reviews, "folder of the recorded reviews")->required();
    app.add_option("--only", arguments.only, "names of reviews; all unless given");
    app.add_option("--one", arguments.one, "the review of burst and idle");
    add_modes(app, arguments);
    CLI11_PARSE(app, argc, argv);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    try {
        return run(app, arguments) == Verdict::within ? 0 : 1;
    } catch (const boost::system::system_error& failure) {
        return fail(failure.code().message());
    } catch (const std::exception& failure) {
        return fail(failure.what());
    }
}
