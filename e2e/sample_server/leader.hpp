// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "e2e/sample_server/group.hpp"
#include "e2e/sample_server/network.hpp"
#include "e2e/sample_server/openai.hpp"
#include "e2e/sample_server/options.hpp"

namespace lws::sample {

// The leader of a group: takes workers in on the join port, and has the HTTP port open exactly
// while the group is complete, so that a readiness probe on it tells the state of the group. Runs
// on one thread and must outlive its executor's work.
class Leader {
public:
    Leader(asio::any_io_executor executor, Options options);

    // Opens the join port, and the HTTP port too when the group has no workers.
    Result<void> start();

private:
    using Request = boost::beast::http::request<boost::beast::http::string_body>;
    using Response = boost::beast::http::response<boost::beast::http::string_body>;
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    asio::awaitable<void> accept_workers(std::shared_ptr<tcp::acceptor> acceptor);
    asio::awaitable<void> accept_requests(std::shared_ptr<tcp::acceptor> acceptor);
    asio::awaitable<void> serve_worker(tcp::socket socket, std::uint64_t connection);
    asio::awaitable<void> keep_worker(
        std::shared_ptr<boost::beast::tcp_stream> stream, std::string buffered
    );
    asio::awaitable<void> serve_requests(tcp::socket socket);
    Response respond(const Parser& parser, boost::system::error_code error);
    Identity identity() const;

    // Opens or closes the HTTP port as the state of the group demands.
    Result<void> follow_group();

    asio::any_io_executor executor_;
    Options options_;
    Group group_;
    std::shared_ptr<tcp::acceptor> http_acceptor_;
    std::uint64_t connections_made_{0};
    std::uint64_t requests_seen_{0};
    int open_workers_{0};
    int open_requests_{0};
};

}  // namespace lws::sample
