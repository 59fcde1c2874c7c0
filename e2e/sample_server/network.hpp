// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "pkg/lws/support/result.hpp"

namespace lws::sample {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// Errors come back as values: a lost connection is an everyday thing here.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// The join protocol is lines of text over TCP: the worker says `join NAME`, the leader answers
// `joined LEADER` or closes; then `ping` and `pong` in turn, so that both notice a silent loss.
inline constexpr std::size_t kMaxLine = 512;
inline constexpr std::chrono::seconds kPingInterval{1};
inline constexpr std::chrono::seconds kPingDeadline{10};
inline constexpr std::chrono::seconds kConnectDeadline{3};
inline constexpr std::chrono::seconds kRetryDelay{1};

// Listens on all addresses: IPv6 and IPv4, or IPv4 alone where there is no IPv6.
Result<std::shared_ptr<tcp::acceptor>> listen_on(
    const asio::any_io_executor& executor, std::uint16_t port
);

// One line on standard output, written at once.
void log_line(const std::string& text);

// Completion handler for coroutines that run on their own: an exception in one is a bug, and ends
// the process with a message rather than leaving half a server.
std::function<void(std::exception_ptr)> end_of(std::string what);

}  // namespace lws::sample
