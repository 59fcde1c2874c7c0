// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "controller/controller.hpp"
#include "controller/leader_election_lease.hpp"
#include "controller/metrics.hpp"
#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/client/connection_settings.hpp"
#include "pkg/lws/config/options.hpp"
#include "pkg/lws/http/health.hpp"
#include "pkg/lws/http/router.hpp"
#include "pkg/lws/http/server.hpp"
#include "pkg/lws/support/log.hpp"

namespace lws::controller {

// lws-controller from start to exit: health and metrics servers, the lease, the controller,
// signals. Everything runs on the thread that calls run().
class Program {
public:
    Program(config::Options options, const client::ConnectionSettings& settings, Logger logger);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // The exit status: 0 after SIGTERM or SIGINT, 1 when the lease was lost, 2 when a port cannot
    // be bound.
    [[nodiscard]] int run();

private:
    [[nodiscard]] Result<void> listen();
    [[nodiscard]] boost::asio::awaitable<void> lead();
    void start();
    void on_signal();
    void finish(int status);

    config::Options options_;
    std::string namespace_;
    Logger logger_;
    boost::asio::io_context io_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer deadline_;
    client::ApiClient client_;
    Controller controller_;
    LeaderElector elector_;
    ControllerMetrics metrics_;
    http::Readiness readiness_;
    http::Router health_routes_;
    http::Router metrics_routes_;
    std::unique_ptr<http::Server> health_server_;
    std::unique_ptr<http::Server> metrics_server_;
    bool stopping_ = false;
    int status_ = 0;
};

// The whole program; gives the exit code of Program::run(), or 2 when it has no way to an API
// server.
[[nodiscard]] int run(config::Options options);

}  // namespace lws::controller
