// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "controller/leader_election.hpp"
#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/client/outage_log.hpp"
#include "pkg/lws/support/log.hpp"

namespace lws::controller {

enum class ElectionEnd { lost, released };

// Performs leader_election.hpp over an ApiClient, on its executor. The client must outlive it.
class LeaderElector {
public:
    LeaderElector(client::ApiClient& client, ElectionConfig config, Logger logger);
    LeaderElector(const LeaderElector&) = delete;
    LeaderElector& operator=(const LeaderElector&) = delete;

    // Until the lease is lost (the process should exit: what it started may be anywhere) or
    // released after stop(). `on_elected` is called once, when we begin to lead. Call once.
    [[nodiscard]] boost::asio::awaitable<ElectionEnd> run(std::function<void()> on_elected);

    // Gives the lease back, if we hold it, so that a successor need not wait for it to expire. Stop
    // writing before.
    void stop();

    [[nodiscard]] bool is_leader() const;
    // Fencing: false from renew_deadline after the last renewal on, whatever run() is doing.
    [[nodiscard]] bool may_start_request() const;
    // For ApiClient::set_allowance: reads and requests for the lease itself are always allowed.
    [[nodiscard]] std::chrono::milliseconds allowance(const client::Request& request) const;

private:
    [[nodiscard]] ElectionStep advance(const ElectionInput& input);
    [[nodiscard]] boost::asio::awaitable<ElectionInput> perform(
        ElectionActionKind action,
        std::chrono::milliseconds delay,
        std::chrono::milliseconds timeout
    );
    [[nodiscard]] ElectionInput read_answer(
        ElectionActionKind action, const Result<json::Document>& answer
    );
    void tell(const ElectionStep& next);
    void tell_problem(const Error& error);

    client::ApiClient& client_;
    ElectionConfig config_;
    Logger logger_;
    boost::asio::steady_timer timer_;
    ElectionState state_;
    std::string lease_path_;  // of all leases of the namespace
    std::string last_other_;
    client::OutageLog problems_{"leader election"};
    bool stop_wanted_ = false;
};

}  // namespace lws::controller
