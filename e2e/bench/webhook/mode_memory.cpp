// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <thread>

#include "e2e/bench/webhook/modes.hpp"

namespace lws::bench {
namespace {

constexpr double kMib = 1 << 20;
// A connection of our server gives back its buffers a second after its last request.
constexpr std::chrono::seconds kRest{3};
constexpr std::size_t kOpenAtOnce = 100;
constexpr std::size_t kMarks = 10;

double resident(const Target& target) {
    return static_cast<double>(target.process.memory().resident);
}

// In batches, so that no listen queue overflows.
std::vector<std::unique_ptr<Connections>> open_idle(const Target& target, std::size_t count) {
    std::vector<std::unique_ptr<Connections>> held;
    for (std::size_t done = 0; done < count; done += kOpenAtOnce) {
        held.push_back(std::make_unique<Connections>(target, std::min(kOpenAtOnce, count - done)));
    }
    return held;
}

Verdict idle_of(const Target& target, const Review& review, const IdleOptions& o, double most_mb) {
    Connections used(target, 1);
    const std::vector<Review> one{review};
    static_cast<void>(used.run(one, o.requests / 4));
    const double bare = resident(target);
    const auto held = open_idle(target, o.count - 1);
    // The handshakes' buffers are on their way back.
    std::this_thread::sleep_for(kRest);
    const double full = resident(target);
    Round round = used.run(one, o.requests);
    const Percentiles times = percentiles(round.latencies);
    const double peak = static_cast<double>(target.process.memory().peak);
    std::printf(
        "%-9s %6zu idle: RSS %.1f MiB without, %.1f MiB with them (peak %.1f), %.0f bytes each; "
        "meanwhile p50 %.2f ms, p99 %.2f ms\n",
        target.name.c_str(),
        o.count - 1,
        bare / kMib,
        full / kMib,
        peak / kMib,
        (full - bare) / static_cast<double>(o.count - 1),
        times.p50 / 1000,
        times.p99 / 1000
    );
    std::fflush(stdout);
    const bool over = times.p99 / 1000 > o.most_p99_millis || (most_mb > 0 && full > most_mb * 1e6);
    if (over) {
        std::printf("%s: over the limit\n", target.name.c_str());
    }
    return over ? Verdict::exceeded : Verdict::within;
}

}  // namespace

Verdict run_idle(const Targets& targets, const Review& review, const IdleOptions& options) {
    Verdict verdict = Verdict::within;
    for (const auto& target : targets) {
        const double most_mb = target == targets.front() ? options.most_resident_mb : 0;
        if (idle_of(*target, review, options, most_mb) == Verdict::exceeded) {
            verdict = Verdict::exceeded;
        }
    }
    return verdict;
}

Verdict run_soak(
    const Targets& targets, const std::vector<Review>& reviews, const SoakOptions& options
) {
    const Target& target = *targets.front();
    Connections connections(target, options.connections);
    const std::size_t step =
        std::max<std::size_t>(1, std::min<std::size_t>(1'000'000, options.requests / kMarks));
    double first = 0;
    double last = 0;
    std::printf("    requests    RSS MiB  cpu us/req    p99 us\n");
    for (std::size_t done = 0; done < options.requests;) {
        const std::size_t now = std::min(step, options.requests - done);
        Round round = connections.run(reviews, now);
        done += now;
        last = resident(target);
        first = first == 0 ? last : first;
        std::printf(
            "%12zu %10.2f %11.1f %9.0f\n",
            done,
            last / kMib,
            round.cpu_micros(),
            percentiles(round.latencies).p99
        );
        std::fflush(stdout);
    }
    const bool too_much = last > options.most_resident_mib * kMib;
    const bool grows = last - first > options.most_growth_kib * 1024;
    std::printf(
        "RSS grew by %.0f KiB since %zu requests%s%s\n",
        (last - first) / 1024,
        step,
        too_much ? "; over the limit" : "",
        grows ? "; it grows" : ""
    );
    return too_much || grows ? Verdict::exceeded : Verdict::within;
}

}  // namespace lws::bench
