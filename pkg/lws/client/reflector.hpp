// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/client/backoff.hpp"
#include "pkg/lws/client/outage_log.hpp"
#include "pkg/lws/client/resource.hpp"
#include "pkg/lws/client/watch_machine.hpp"
#include "pkg/lws/client/watch_sink.hpp"
#include "pkg/lws/support/log.hpp"

namespace lws::client {

struct ReflectorOptions {
    std::string ns;  // empty: all namespaces
    std::string label_selector;
    std::string field_selector;
    bool streaming_lists{true};  // false: lists always come in pages
    std::uint32_t page_size{kPageSize};
    // For one page, and for the silence between two events of a list that comes as events.
    std::chrono::milliseconds list_timeout{60000};
    std::chrono::milliseconds open_timeout{10000};
    std::chrono::seconds watch_timeout{kWatchTimeout};
    // A silent watch is given up this long after the server should have ended it.
    std::chrono::milliseconds idle_margin{5000};
    BackoffLimits backoff;
    // In [0, 1]; empty: a generator of our own. For tests.
    std::function<double()> random;

    ReflectorOptions() {}
};

// Keeps a sink up to date with one resource, for ever, through every failure: performs what
// watch_machine decides. One object of a list is in memory at a time, or one page where the server
// cannot send a list as events. Client and sink must outlive it.
class Reflector {
public:
    Reflector(
        ApiClient& client,
        Resource resource,
        ReflectorOptions options,
        WatchSink& sink,
        Logger logger
    );
    ~Reflector();
    Reflector(const Reflector&) = delete;
    Reflector& operator=(const Reflector&) = delete;

    // Returns after stop(), or after ApiClient::stop(). Call once.
    [[nodiscard]] boost::asio::awaitable<void> run();
    void stop();

    // The first list is complete.
    [[nodiscard]] bool synced() const { return synced_; }

private:
    [[nodiscard]] boost::asio::awaitable<void> list(std::string continue_token);
    [[nodiscard]] boost::asio::awaitable<void> open(std::string resource_version);
    [[nodiscard]] boost::asio::awaitable<void> read();
    [[nodiscard]] boost::asio::awaitable<void> wait(std::chrono::milliseconds delay);
    void advance(const WatchInput& input);
    void deliver(const std::vector<WatchSignal>& signals);

    ApiClient& client_;
    Resource resource_;
    ReflectorOptions options_;
    WatchSink& sink_;
    Logger logger_;
    OutageLog problems_;
    boost::asio::steady_timer timer_;
    std::unique_ptr<WatchStream> stream_;
    std::chrono::steady_clock::time_point opened_at_{};
    WatchState state_;
    WatchAction action_;
    bool stopped_ = false;
    bool synced_ = false;
};

}  // namespace lws::client
