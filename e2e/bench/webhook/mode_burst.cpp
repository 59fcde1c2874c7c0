// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "e2e/bench/webhook/modes.hpp"

namespace lws::bench {
namespace {

// Each figure of one target, round by round.
struct Bursts {
    std::vector<double> millis;     // from the first connect to the last answer
    std::vector<double> handshake;  // server CPU, microseconds, without the request
};

// As many connections as the API server opens when it sees many pods at once: each makes a full
// handshake and sends one review.
void burst(const Target& target, const Review& review, std::size_t count, Bursts& out) {
    const std::vector<Review> one{review};
    const nanoseconds before = target.process.cpu();
    const SteadyClock::time_point begin = SteadyClock::now();
    Connections connections(target, count);
    const Round first = connections.run(one, count);
    const std::chrono::duration<double, std::milli> taken = SteadyClock::now() - begin;
    const nanoseconds all = target.process.cpu() - before;
    // The same requests on connections that are there tell what is not handshake.
    const Round again = connections.run(one, count);
    out.millis.push_back(taken.count());
    out.handshake.push_back(
        static_cast<double>((all - again.cpu).count()) / 1000.0 / static_cast<double>(count)
    );
    if (first.latencies.size() != count) {
        throw std::runtime_error("not every connection was answered");
    }
}

}  // namespace

Verdict run_burst(const Targets& targets, const Review& review, const BurstOptions& options) {
    std::vector<Bursts> bursts(targets.size());
    for (std::size_t round = 0; round < options.rounds; ++round) {
        for (std::size_t i = 0; i < targets.size(); ++i) {
            burst(*targets[i], review, options.connections, bursts[i]);
        }
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const Spread millis = spread_of(bursts[i].millis);
        const Spread handshake = spread_of(bursts[i].handshake);
        std::printf(
            "%-9s %zu new connections: all answered in %.0f ms (%.0f to %.0f), %.0f us server CPU "
            "for each handshake (%.0f to %.0f)\n",
            targets[i]->name.c_str(),
            options.connections,
            millis.median,
            millis.low,
            millis.high,
            handshake.median,
            handshake.low,
            handshake.high
        );
    }
    return Verdict::within;
}

}  // namespace lws::bench
