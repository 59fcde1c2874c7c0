// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/worker.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace lws::sample {

namespace beast = boost::beast;

Worker::Worker(asio::any_io_executor executor, Options options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

void Worker::start() {
    log_line(
        "worker " + options_.pod_name + " of group " + std::to_string(options_.group_index) +
        ": joining " + options_.leader_address + " on port " + std::to_string(options_.join_port)
    );
    asio::co_spawn(executor_, run(), end_of("worker"));
}

asio::awaitable<void> Worker::run() {
    std::string last;
    for (;;) {
        const std::string reason = co_await run_session();
        // Waiting for a leader that is not there yet is many attempts for one reason: say it once.
        if (reason != last) {
            log_line("not joined: " + reason);
        }
        last = reason;
        asio::steady_timer timer(executor_, kRetryDelay);
        co_await timer.async_wait(kAwait);
    }
}

asio::awaitable<std::string> Worker::run_session() {
    // The resolver's own time-outs (resolv.conf) bound the look-up.
    tcp::resolver resolver(executor_);
    const auto port = std::to_string(options_.join_port);
    const auto [unknown, endpoints] =
        co_await resolver.async_resolve(options_.leader_address, port, kAwait);
    if (unknown) {
        co_return unknown.message();
    }
    auto stream = std::make_shared<beast::tcp_stream>(executor_);
    stream->expires_after(kConnectDeadline);
    const auto [unreachable, endpoint] = co_await stream->async_connect(endpoints, kAwait);
    if (unreachable) {
        co_return unreachable.message();
    }
    std::string lost = co_await exchange(stream, "join " + options_.pod_name + "\n", "joined ");
    if (lost.empty()) {
        log_line("joined " + options_.leader_address);
    }
    while (lost.empty()) {
        asio::steady_timer timer(executor_, kPingInterval);
        co_await timer.async_wait(kAwait);
        lost = co_await exchange(stream, "ping\n", "pong");
    }
    co_return lost;
}

asio::awaitable<std::string> Worker::exchange(
    std::shared_ptr<beast::tcp_stream> stream, std::string line, std::string expected
) {
    stream->expires_after(kPingDeadline);
    const auto [unsent, sent] = co_await asio::async_write(*stream, asio::buffer(line), kAwait);
    if (unsent) {
        co_return unsent.message();
    }
    // One line at a time is under way, so nothing is left over for the next call.
    std::string received;
    auto buffer = asio::dynamic_buffer(received, kMaxLine);
    const auto [lost, length] = co_await asio::async_read_until(*stream, buffer, '\n', kAwait);
    if (lost) {
        co_return lost.message();
    }
    co_return received.starts_with(expected) ? std::string() : "unexpected answer";
}

}  // namespace lws::sample
