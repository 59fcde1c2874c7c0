// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "pkg/lws/client/connection_settings.hpp"
#include "pkg/lws/client/retry_policy.hpp"
#include "pkg/lws/client/tls_client_context.hpp"
#include "pkg/lws/http/tls_stream.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {

// Head and body as they are sent.
using HttpRequest = std::string;
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
//
// What has come is read and parsed in plain calls; a coroutine waits only when a call would block.
// A request and its answer so cost two ways through the event loop, not one for every layer.
class Connection {
public:
    // The executor must be that of an io_context.
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
    using SystemError = boost::system::error_code;
    using HeaderParser = boost::beast::http::response_parser<boost::beast::http::empty_body>;
    using BodyParser = boost::beast::http::response_parser<boost::beast::http::string_body>;
    using StreamParser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;

    [[nodiscard]] boost::asio::awaitable<Result<void>> connect_tcp(
        std::string host, std::string port, Deadline deadline
    );
    [[nodiscard]] Result<void> prepare_verification(const ConnectionSettings& settings);
    [[nodiscard]] std::string handshake_problem(const SystemError& ec);
    [[nodiscard]] boost::asio::awaitable<Exchange> send(
        const HttpRequest* request, Deadline deadline
    );
    [[nodiscard]] boost::asio::awaitable<Exchange> read_header(
        HeaderParser* parser, Deadline deadline
    );
    [[nodiscard]] boost::asio::awaitable<Exchange> read_body(
        HeaderParser* header, std::size_t max_body_bytes
    );

    // What has come, into buffer_: `would_block` when that is nothing.
    [[nodiscard]] SystemError fill_now();
    // Until the parser has all that it wants, from what is here and what comes.
    template <class Parser, class Done>
    [[nodiscard]] boost::asio::awaitable<SystemError> parse(Parser* parser, Done done);
    // Gives the parser what is in buffer_.
    template <class Parser>
    [[nodiscard]] SystemError parse_now(Parser& parser);
    // Until the socket is as the stream wants it.
    [[nodiscard]] boost::asio::awaitable<SystemError> ready();

    // From now on the connection ends at that time, until another is set.
    void end_at(Deadline deadline);
    void end_never() { deadline_ = Deadline::max(); }
    // Why an operation on the socket failed, when we ended it ourselves.
    [[nodiscard]] SystemError reason_of(const SystemError& ec) const;

    ClientTlsContext context_;
    boost::asio::any_io_executor executor_;
    http::TlsStream stream_;
    boost::asio::steady_timer timer_;
    Deadline deadline_ = Deadline::max();
    // A timer that has rung already may be heard after the end of this object.
    std::shared_ptr<Connection*> self_ = std::make_shared<Connection*>(this);
    bool timer_armed_ = false;
    bool timed_out_ = false;
    bool closed_ = false;
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
