// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "pkg/lws/client/connection_settings.hpp"
#include "pkg/lws/client/retry_policy.hpp"
#include "pkg/lws/client/tls_client_context.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using Deadline = std::chrono::steady_clock::time_point;

struct HttpAnswer {
    int status{0};
    std::string body;
    std::optional<std::chrono::seconds> retry_after;

    HttpAnswer() = default;
};

struct Exchange {
    Progress progress{Progress::not_connected};
    HttpAnswer answer;  // if answered
    Error error;        // if not

    Exchange() = default;
};

// One TLS connection to the API server and the HTTP/1.1 exchanges on it, one at a time. Every
// operation ends by its deadline; after a failure the connection is useless. close() ends a running
// operation. For ApiClient only.
class Connection {
public:
    Connection(boost::asio::any_io_executor executor, ClientTlsContext context);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Name, TCP, TLS. `settings` must outlive the call.
    [[nodiscard]] boost::asio::awaitable<Result<void>> connect(
        const ConnectionSettings* settings, Deadline deadline
    );

    // `request` must outlive the call.
    [[nodiscard]] boost::asio::awaitable<Exchange> exchange(
        const HttpRequest* request, std::size_t max_body_bytes, Deadline deadline
    );

    // Sends a watch request and reads up to the response header. `answered` with status 200: events
    // follow through read_some(); with another status the answer is whole.
    [[nodiscard]] boost::asio::awaitable<Exchange> begin_stream(
        const HttpRequest* request, std::size_t max_body_bytes, Deadline deadline
    );
    // Appends to `out` what came of the body, at least one byte; false at its end.
    [[nodiscard]] boost::asio::awaitable<Result<bool>> read_some(
        std::string* out, Deadline deadline
    );

    void close();
    // It can serve another request: the answer was whole and did not say `Connection: close`.
    [[nodiscard]] bool reusable() const { return reusable_; }
    [[nodiscard]] bool used() const { return used_; }
    // The server has closed it, or sent what nobody asked for, while it was idle.
    [[nodiscard]] bool dead();
    // Gives buffers back before a time of rest.
    void rest();

    [[nodiscard]] const ClientTlsContext& context() const { return context_; }

    Deadline idle_since{};

private:
    using Stream = boost::beast::ssl_stream<boost::beast::tcp_stream>;
    using HeaderParser = boost::beast::http::response_parser<boost::beast::http::empty_body>;
    using BodyParser = boost::beast::http::response_parser<boost::beast::http::string_body>;
    using StreamParser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;

    [[nodiscard]] boost::asio::awaitable<Result<void>> connect_tcp(
        std::string host, std::string port, Deadline deadline
    );
    [[nodiscard]] Result<void> prepare_verification(const ConnectionSettings& settings);
    [[nodiscard]] std::string handshake_problem(const boost::system::error_code& ec);
    [[nodiscard]] boost::asio::awaitable<Exchange> send(
        const HttpRequest* request, Deadline deadline
    );
    [[nodiscard]] boost::asio::awaitable<Exchange> read_header(
        HeaderParser* parser, Deadline deadline
    );
    [[nodiscard]] boost::asio::awaitable<Exchange> read_body(
        HeaderParser* header, std::size_t max_body_bytes
    );
    [[nodiscard]] boost::beast::tcp_stream& tcp() {
        return boost::beast::get_lowest_layer(stream_);
    }

    ClientTlsContext context_;  // the stream refers to it
    Stream stream_;
    boost::beast::flat_buffer buffer_;
    std::optional<StreamParser> body_;  // of a watch
    std::string address_;               // for messages
    bool verify_ = true;
    bool reusable_ = false;
    bool used_ = false;
};

// A good result from out of line: g++ 12 warns that the absent error of an inlined one is used
// uninitialised when a coroutine returns it.
[[nodiscard]] Result<void> success();

// What an error of Asio, Beast or OpenSSL means to callers.
[[nodiscard]] Error transport_error(std::string_view doing, const boost::system::error_code& ec);

}  // namespace lws::client
