// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <string>

#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/rules/groups/event_series.hpp"
#include "pkg/lws/support/log.hpp"

namespace lws::controller {

// Sends events in the background, in order, so that no pass waits for one. What the API server
// refuses is logged and dropped; while it is away at most kMaxWaiting wait and the oldest go first.
// One thread.
class EventRecorder {
public:
    static constexpr std::size_t kMaxWaiting = 2000;

    // `instance` is the reportingInstance, `leaderworkerset-<host name>`.
    EventRecorder(client::ApiClient& client, std::string instance, Logger logger);
    EventRecorder(const EventRecorder&) = delete;
    EventRecorder& operator=(const EventRecorder&) = delete;

    void record(const rules::Event& event);

    // Returns after stop(), when what waited has been tried once. Call once.
    [[nodiscard]] boost::asio::awaitable<void> run();
    void stop();

    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
    [[nodiscard]] boost::asio::awaitable<void> send(rules::EventRequest request);
    void enqueue(std::vector<rules::EventRequest> requests);

    client::ApiClient& client_;
    Logger logger_;
    rules::EventSeries series_;
    std::deque<rules::EventRequest> waiting_;
    boost::asio::steady_timer wake_;
    bool stopping_ = false;
};

}  // namespace lws::controller
