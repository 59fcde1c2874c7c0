// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "e2e/bench/webhook/address.hpp"

namespace lws::bench {

namespace asio = boost::asio;

using Awaitable = asio::awaitable<void, asio::io_context::executor_type>;

// A client's TLS context: trusts everybody, resumes nothing, like the API server's client.
[[nodiscard]] asio::ssl::context make_client_context();

// One kept connection, one exchange at a time. Failures are exceptions.
class Client {
public:
    Client(asio::io_context& context, asio::ssl::context& tls, const Address& address);

    // TCP and a full handshake.
    Awaitable connect();
    // Leaves the body of the answer in answer(). Throws unless it is a 200 on a connection that
    // stays open. `request` must outlive the exchange.
    Awaitable exchange(std::string_view request);
    [[nodiscard]] std::string_view answer() const { return parser_->get().body(); }

private:
    using Executor = asio::io_context::executor_type;
    using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

    asio::ssl::stream<Socket> stream_;
    asio::ip::tcp::endpoint endpoint_;
    boost::beast::flat_buffer buffer_;
    std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> parser_;
};

// Runs all coroutines to their end on this thread; the first failure stops them and is thrown.
class Together {
public:
    [[nodiscard]] asio::io_context& context() { return context_; }
    void add(Awaitable work);
    void run();

private:
    asio::io_context context_{1};
    std::exception_ptr failure_;
};

}  // namespace lws::bench
