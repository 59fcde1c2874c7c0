// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "pkg/lws/http/server.hpp"

// Private to this folder.
namespace lws::http {

// What all connections of one server share. Counters are touched by every worker's thread.
struct ServerState {
    ServerState(ServerOptions o, const Router& r, Logger l)
        : options(std::move(o)), router(r), logger(std::move(l)) {}

    const ServerOptions options;
    const Router& router;
    const Logger logger;
    const TlsContextSlot* tls = nullptr;
    std::atomic<bool> draining = false;
    std::atomic<std::size_t> connections = 0;
    std::atomic<std::size_t> ended = 0;
    std::atomic<std::size_t> in_flight = 0;
    std::atomic<std::size_t> body_bytes = 0;
};

// A share of a bounded count, given back at the end.
class Lease {
public:
    explicit Lease(std::atomic<std::size_t>& counter) : counter_(counter) {}
    ~Lease() { counter_.fetch_sub(taken_, std::memory_order_relaxed); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    // False, and nothing taken, when the sum would pass the limit.
    [[nodiscard]] bool take(std::size_t count, std::size_t limit) {
        if (counter_.fetch_add(count, std::memory_order_relaxed) + count > limit) {
            counter_.fetch_sub(count, std::memory_order_relaxed);
            return false;
        }
        taken_ += count;
        return true;
    }

private:
    std::atomic<std::size_t>& counter_;
    std::size_t taken_ = 0;
};

}  // namespace lws::http
