// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "e2e/bench/webhook/modes.hpp"

namespace lws::bench {
namespace {

constexpr nanoseconds kWarmUp = std::chrono::milliseconds(50);

// The rounds of one target in one cell of the table.
struct Series {
    std::vector<std::uint32_t> latencies;
    std::vector<double> rate;
    std::vector<double> cpu;
    std::vector<double> p99;

    void add(Round round) {
        latencies.insert(latencies.end(), round.latencies.begin(), round.latencies.end());
        rate.push_back(round.rate());
        cpu.push_back(round.cpu_micros());
        p99.push_back(percentiles(round.latencies).p99);
    }
};

nanoseconds span_of(double seconds) {
    return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(seconds));
}

// Rounds of all targets take turns, and who begins changes, so that all see the same machine.
std::vector<Series> measure(
    std::vector<std::unique_ptr<Connections>>& sides, const Review& review, const LoadOptions& o
) {
    std::vector<Series> series(sides.size());
    for (const auto& side : sides) {
        static_cast<void>(side->run(review, kWarmUp));
    }
    for (std::size_t round = 0; round < o.rounds; ++round) {
        for (std::size_t turn = 0; turn < sides.size(); ++turn) {
            const std::size_t side = (round + turn) % sides.size();
            series[side].add(sides[side]->run(review, span_of(o.seconds)));
        }
    }
    return series;
}

void print_row(const Review& review, std::size_t connections, const Target& target, Series& one) {
    const double cpu = spread_of(one.cpu).median;
    const Percentiles times = percentiles(one.latencies);
    std::printf(
        "%-11s %5zu  %-9s %9.0f %11.1f %10.0f %9.0f %9.0f %9.0f\n",
        review.name.c_str(),
        connections,
        target.name.c_str(),
        spread_of(one.rate).median,
        cpu,
        1e6 / cpu,
        times.p50,
        times.p99,
        times.p999
    );
}

Verdict compare(const std::vector<Series>& series, std::size_t connections, const LoadOptions& o) {
    const Spread cpu = ratio_of(series[0].cpu, series[1].cpu);
    const Spread p99 = ratio_of(series[0].p99, series[1].p99);
    std::printf(
        "%26s  cpu %.2f (%.2f to %.2f)  p99 %.2f (%.2f to %.2f)\n",
        "ratio:",
        cpu.median,
        cpu.low,
        cpu.high,
        p99.median,
        p99.low,
        p99.high
    );
    const bool over =
        connections == 8 && ((o.most_cpu_ratio > 0 && cpu.median > o.most_cpu_ratio) ||
                             (o.most_p99_ratio > 0 && p99.median > o.most_p99_ratio));
    if (over) {
        std::printf("%26s  over the limit\n", "");
    }
    return over ? Verdict::exceeded : Verdict::within;
}

void print_memory(const Targets& targets) {
    for (const auto& target : targets) {
        const Memory memory = target->process.memory();
        std::printf(
            "%s: VmRSS %.1f MiB, VmHWM %.1f MiB\n",
            target->name.c_str(),
            static_cast<double>(memory.resident) / (1 << 20),
            static_cast<double>(memory.peak) / (1 << 20)
        );
    }
}

}  // namespace

Verdict run_load(
    const Targets& targets, const std::vector<Review>& reviews, const LoadOptions& options
) {
    Verdict verdict = Verdict::within;
    std::printf(
        "review      conns  target        req/s  cpu us/req  req/cpu-s    p50 us    p99 us  p99.9 "
        "us\n"
    );
    for (const std::size_t connections : options.connections) {
        std::vector<std::unique_ptr<Connections>> sides;
        for (const auto& target : targets) {
            sides.push_back(std::make_unique<Connections>(*target, connections));
        }
        for (const Review& review : reviews) {
            std::vector<Series> series = measure(sides, review, options);
            for (std::size_t i = 0; i < series.size(); ++i) {
                print_row(review, connections, *targets[i], series[i]);
            }
            if (series.size() == 2 && compare(series, connections, options) == Verdict::exceeded) {
                verdict = Verdict::exceeded;
            }
            std::fflush(stdout);
        }
        print_memory(targets);
    }
    return verdict;
}

Verdict run_heap(
    const Targets& targets, const std::vector<Review>& reviews, const HeapOptions& options
) {
    Verdict verdict = Verdict::within;
    std::printf("review      conns  target     heap calls/req\n");
    for (const auto& target : targets) {
        Connections connections(*target, options.connections);
        for (const Review& review : reviews) {
            const std::vector<Review> one{review};
            // Buffers grow to what this review needs.
            static_cast<void>(connections.run(one, options.requests / 4));
            const auto before = target->process.heap_calls();
            static_cast<void>(connections.run(one, options.requests));
            const auto after = target->process.heap_calls();
            if (!before || !after) {
                throw std::runtime_error("heap calls of " + target->name + " are not counted");
            }
            const double each =
                static_cast<double>(*after - *before) / static_cast<double>(options.requests);
            const bool over = target == targets.front() && options.most >= 0 && each > options.most;
            std::printf(
                "%-11s %5zu  %-9s %15.3f%s\n",
                review.name.c_str(),
                options.connections,
                target->name.c_str(),
                each,
                over ? "  over the limit" : ""
            );
            verdict = over ? Verdict::exceeded : verdict;
        }
    }
    return verdict;
}

}  // namespace lws::bench
