// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "e2e/bench/webhook/address.hpp"
#include "e2e/bench/webhook/review.hpp"
#include "e2e/bench/webhook/server_process.hpp"
#include "e2e/bench/webhook/statistics.hpp"

namespace lws::bench {

using std::chrono::nanoseconds;
using SteadyClock = std::chrono::steady_clock;

// One of at most two servers that are compared.
struct Target {
    Target(std::string n, std::string_view url, int pid, const std::string& heap, Judging j)
        : name(std::move(n)), address(parse_url(url)), process(pid, heap), judging(j) {}

    std::string name;
    Address address;
    ServerProcess process;
    Judging judging;
};

// What one target did in a stretch of time.
struct Round {
    std::vector<std::uint32_t> latencies;  // nanoseconds, one for each request
    double seconds = 0;
    nanoseconds cpu{0};  // the server's

    [[nodiscard]] double requests() const { return static_cast<double>(latencies.size()); }
    [[nodiscard]] double rate() const { return requests() / seconds; }
    [[nodiscard]] double cpu_micros() const {
        return static_cast<double>(cpu.count()) / 1000.0 / requests();
    }
};

// Kept connections to one target; each sends its next request when the last is answered.
class Connections {
public:
    // Opens them all at once. `target` must outlive them.
    Connections(const Target& target, std::size_t count);
    ~Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    // Until `duration` has passed, and at least one request on each.
    [[nodiscard]] Round run(const Review& review, nanoseconds duration);
    // `count` requests in all, the reviews in turn.
    [[nodiscard]] Round run(const std::vector<Review>& reviews, std::size_t count);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace lws::bench
