// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <string>

#include "e2e/sample_server/network.hpp"
#include "e2e/sample_server/options.hpp"

namespace lws::sample {

// A worker of a group: joins the leader and stays joined, for ever. Resolves the leader's name anew
// for each attempt, connects, says who it is and pings; after a loss it begins again. Runs on one
// thread and must outlive its executor's work.
class Worker {
public:
    Worker(asio::any_io_executor executor, Options options);

    void start();

private:
    asio::awaitable<void> run();
    // One connection, from the look-up of the name to its loss. Returns why it ended.
    asio::awaitable<std::string> run_session();
    // Sends one line and waits for a line that begins with `expected`. Returns what went wrong, or
    // an empty text.
    asio::awaitable<std::string> exchange(
        std::shared_ptr<boost::beast::tcp_stream> stream, std::string line, std::string expected
    );

    asio::any_io_executor executor_;
    Options options_;
};

}  // namespace lws::sample
