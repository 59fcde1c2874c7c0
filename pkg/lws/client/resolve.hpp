// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "pkg/lws/support/result.hpp"

namespace lws::client {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

// Addresses of a host by the deadline. An address in text form needs no look-up (and starts no
// resolver thread). A look-up cannot be stopped, only abandoned: it ends in the background.
[[nodiscard]] boost::asio::awaitable<Result<Endpoints>> resolve(
    boost::asio::any_io_executor executor,
    std::string host,
    std::string port,
    std::chrono::steady_clock::time_point deadline
);

}  // namespace lws::client
