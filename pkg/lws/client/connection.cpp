// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/connection.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "pkg/lws/client/resolve.hpp"

namespace lws::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using boost::system::error_code;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kMaxHeaderBytes = 64U * 1024U;
constexpr std::size_t kWatchChunk = std::size_t{8} * 1024;
// One record of TLS, about; bodies grow in the string they end in.
constexpr std::size_t kReadChunk = std::size_t{16} * 1024;
// A head may be as long, and what follows it is read with it.
constexpr std::size_t kMaxReadBuffer = kMaxHeaderBytes + kReadChunk;

// A peer that vanished without a word (node lost, NAT entry dropped) is noticed after 15 + 3 * 5 s;
// a watch would else notice only at its time-out.
void keep_alive(int socket) {
    const int on = 1;
    const int idle = 15;
    const int interval = 5;
    const int count = 3;
    const int unacknowledged_ms = 30000;
    (void)setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    (void)setsockopt(
        socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms
    );
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Delta seconds only; the API server sends no dates.
template <class Fields>
std::optional<std::chrono::seconds> read_retry_after(const Fields& fields) {
    const auto text = fields[http::field::retry_after];
    if (text.empty() || text.size() > 6) return std::nullopt;
    int seconds = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        seconds = seconds * 10 + (c - '0');
    }
    return std::chrono::seconds(seconds);
}

Exchange failure(Progress progress, std::string_view doing, const error_code& ec) {
    Exchange out;
    out.progress = progress;
    out.error = transport_error(doing, ec);
    return out;
}

}  // namespace

// noinline also within this file, see the header.
[[gnu::noinline]] Result<void> success() {
    return {};
}

Error transport_error(std::string_view doing, const error_code& ec) {
    ErrorCode code = ErrorCode::unavailable;
    if (ec == beast::error::timeout) code = ErrorCode::timeout;
    if (ec == asio::error::operation_aborted) code = ErrorCode::cancelled;
    if (ec == http::error::body_limit || ec == http::error::header_limit ||
        ec == http::error::buffer_overflow) {
        code = ErrorCode::too_large;
    }
    std::string message(doing);
    message += ": ";
    message += code == ErrorCode::timeout ? "deadline passed" : ec.message();
    return {code, std::move(message)};
}

Connection::Connection(asio::any_io_executor executor, ClientTlsContext context)
    : context_(std::move(context)),
      executor_(std::move(executor)),
      stream_(
          lws::http::Socket(
              static_cast<asio::io_context&>(asio::query(executor_, asio::execution::context))
          ),
          *context_
      ),
      timer_(executor_),
      buffer_(kMaxReadBuffer) {
    SSL_set_connect_state(stream_.native_handle());
    // Idle connections and quiet watches keep no 34 KiB of record buffers.
    SSL_set_mode(stream_.native_handle(), SSL_MODE_RELEASE_BUFFERS);
}

Connection::~Connection() = default;

// Most deadlines are later than the one before and never come: the timer looks again when it rings,
// instead of being set anew for each.
void Connection::end_at(Deadline deadline) {
    deadline_ = deadline;
    if (timer_armed_ && timer_.expiry() <= deadline) return;
    timer_.expires_at(deadline);
    timer_armed_ = true;
    timer_.async_wait([weak = std::weak_ptr(self_)](const error_code& cancelled) {
        const auto self = weak.lock();
        if (cancelled || !self) return;
        Connection& connection = **self;
        connection.timer_armed_ = false;
        if (connection.deadline_ == Deadline::max()) return;
        if (connection.deadline_ > std::chrono::steady_clock::now()) {
            connection.end_at(connection.deadline_);
            return;
        }
        connection.timed_out_ = true;
        connection.close();
    });
}

error_code Connection::reason_of(const error_code& ec) const {
    if (!ec) return ec;
    if (timed_out_) return beast::error::timeout;
    return closed_ ? asio::error::operation_aborted : ec;
}

asio::awaitable<error_code> Connection::ready() {
    const auto [ec] = co_await stream_.socket().async_wait(stream_.wanted(), kToken);
    co_return reason_of(ec);
}

error_code Connection::fill_now() {
    error_code ec;
    const std::size_t room = std::min(kReadChunk, buffer_.max_size() - buffer_.size());
    if (room == 0) return http::error::buffer_overflow;
    buffer_.commit(stream_.read_now(buffer_.prepare(room), ec));
    return ec;
}

template <class Parser>
error_code Connection::parse_now(Parser& parser) {
    if (buffer_.size() == 0) return http::error::need_more;
    error_code ec;
    buffer_.consume(parser.put(buffer_.data(), ec));
    return ec;
}

template <class Parser, class Done>
asio::awaitable<error_code> Connection::parse(Parser* parser, Done done) {
    while (!done(*parser)) {
        error_code ec = parse_now(*parser);
        if (!ec) continue;
        if (ec != http::error::need_more) co_return ec;
        ec = fill_now();
        while (ec == asio::error::would_block) {
            ec = co_await ready();
            if (!ec) ec = fill_now();
        }
        if (ec == asio::error::eof) {
            // An answer without a length ends with its connection; any other is cut off.
            ec = {};
            if (!parser->got_some()) co_return http::error::end_of_stream;
            parser->put_eof(ec);
        }
        if (ec) co_return reason_of(ec);
    }
    co_return error_code();
}

asio::awaitable<Result<void>> Connection::connect(
    const ConnectionSettings* settings, Deadline deadline
) {
    verify_ = !settings->insecure_skip_tls_verify;
    address_ =
        settings->host.find(':') == std::string::npos ? settings->host : "[" + settings->host + "]";
    address_ += ":" + settings->port;
    const Result<void> prepared = prepare_verification(*settings);
    if (!prepared) co_return prepared.error();
    const Result<void> connected = co_await connect_tcp(settings->host, settings->port, deadline);
    if (!connected) co_return connected.error();
    end_at(deadline);
    error_code ec = stream_.handshake_now();
    while (ec == asio::error::would_block) {
        ec = co_await ready();
        if (!ec) ec = stream_.handshake_now();
    }
    end_never();
    if (!ec) co_return success();
    ec = reason_of(ec);
    const Error error = transport_error("TLS with " + address_, ec);
    if (error.code != lws::ErrorCode::unavailable) co_return error;
    co_return Error(error.code, "TLS with " + address_ + ": " + handshake_problem(ec));
}

asio::awaitable<Result<void>> Connection::connect_tcp(
    std::string host, std::string port, Deadline deadline
) {
    const Result<Endpoints> endpoints =
        co_await resolve(executor_, std::move(host), std::move(port), deadline);
    if (!endpoints) co_return endpoints.error();
    end_at(deadline);
    const auto [ec, chosen] = co_await asio::async_connect(stream_.socket(), *endpoints, kToken);
    end_never();
    if (ec) co_return transport_error("connect to " + address_, reason_of(ec));
    keep_alive(stream_.socket().native_handle());
    co_return success();
}

// The name goes into SNI and must be in the certificate; an address must be there as an address and
// is never sent (RFC 6066).
Result<void> Connection::prepare_verification(const ConnectionSettings& settings) {
    SSL* ssl = stream_.native_handle();
    error_code not_an_address;
    const auto address = asio::ip::make_address(settings.server_name, not_an_address);
    bool good = false;
    if (!not_an_address) {
        const std::string text = address.to_string();
        good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), text.c_str()) == 1;
    } else {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        good = SSL_set_tlsext_host_name(ssl, settings.server_name.c_str()) == 1 &&
               SSL_set1_host(ssl, settings.server_name.c_str()) == 1;
    }
    if (good) return {};
    return Error(ErrorCode::invalid_input, "TLS: impossible server name " + settings.server_name);
}

std::string Connection::handshake_problem(const error_code& ec) {
    const long verified = SSL_get_verify_result(stream_.native_handle());
    if (!verify_ || verified == X509_V_OK) return ec.message();
    return std::string("server certificate: ") + X509_verify_cert_error_string(verified);
}

asio::awaitable<Exchange> Connection::send(const HttpRequest* request, Deadline deadline) {
    reusable_ = false;
    end_at(deadline);
    std::size_t sent = 0;
    while (sent < request->size()) {
        error_code ec;
        sent += stream_.write_now(asio::buffer(*request) + sent, ec);
        if (ec == asio::error::would_block) ec = co_await ready();
        if (ec) co_return failure(Progress::not_sent, "send to " + address_, reason_of(ec));
    }
    Exchange out;
    out.progress = Progress::sent;
    co_return out;
}

asio::awaitable<Exchange> Connection::read_header(HeaderParser* parser, Deadline deadline) {
    parser->header_limit(kMaxHeaderBytes);
    parser->body_limit(boost::none);  // checked against the body's own parser
    end_at(deadline);
    const error_code ec =
        co_await parse(parser, [](const HeaderParser& p) { return p.is_header_done(); });
    if (ec) {
        const Progress progress = parser->got_some() ? Progress::answering : Progress::sent;
        co_return failure(progress, "answer of " + address_, ec);
    }
    Exchange out;
    out.progress = Progress::answering;
    co_return out;
}

asio::awaitable<Exchange> Connection::read_body(HeaderParser* header, std::size_t max_body_bytes) {
    BodyParser parser(std::move(*header));
    parser.body_limit(max_body_bytes);
    parser.eager(true);
    const error_code ec = co_await parse(&parser, [](const BodyParser& p) { return p.is_done(); });
    if (ec) co_return failure(Progress::answering, "answer of " + address_, ec);
    end_never();
    Exchange out;
    out.progress = Progress::answered;
    out.answer.status = static_cast<int>(parser.get().result_int());
    out.answer.retry_after = read_retry_after(parser.get());
    out.answer.body = std::move(parser.get().body());
    reusable_ = parser.keep_alive();
    co_return out;
}

asio::awaitable<Exchange> Connection::exchange(
    const HttpRequest* request, std::size_t max_body_bytes, Deadline deadline
) {
    used_ = true;
    Exchange out = co_await send(request, deadline);
    if (out.progress != Progress::sent) co_return out;
    HeaderParser header;
    out = co_await read_header(&header, deadline);
    if (!out.error.message.empty()) co_return out;
    co_return co_await read_body(&header, max_body_bytes);
}

asio::awaitable<Exchange> Connection::begin_stream(
    const HttpRequest* request, std::size_t max_body_bytes, Deadline deadline
) {
    Exchange out = co_await send(request, deadline);
    if (out.progress != Progress::sent) co_return out;
    HeaderParser header;
    out = co_await read_header(&header, deadline);
    if (!out.error.message.empty()) co_return out;
    const int status = static_cast<int>(header.get().result_int());
    if (status != 200) co_return co_await read_body(&header, max_body_bytes);
    body_.emplace(std::move(header));
    // A watch has no end: Beast counts chunked bodies in full against its limit.
    body_->body_limit(boost::none);
    end_never();
    out.progress = Progress::answered;
    out.answer.status = status;
    co_return out;
}

asio::awaitable<Result<bool>> Connection::read_some(std::string* out, Deadline deadline) {
    if (!body_) co_return Error(lws::ErrorCode::internal, "watch: not begun");
    end_at(deadline);
    const std::size_t had = out->size();
    out->resize(had + kWatchChunk);
    auto& body = body_->get().body();
    body.data = out->data() + had;  // filled by the parser
    body.size = kWatchChunk;
    body.more = true;
    error_code ec = co_await parse(&*body_, [&body](const StreamParser& p) {
        return p.is_done() || body.size < kWatchChunk;
    });
    if (ec == http::error::need_buffer) ec = {};
    out->resize(had + kWatchChunk - body.size);
    if (out->size() > had) co_return true;
    if (ec) co_return transport_error("watch of " + address_, ec);
    co_return false;
}

void Connection::close() {
    reusable_ = false;
    closed_ = true;
    error_code ignored;
    // Ends what is running, with operation_aborted.
    stream_.socket().close(ignored);
}

bool Connection::dead() {
    if (stream_.has_pending()) return true;
    std::array<char, 1> byte{};
    const auto got =
        recv(stream_.socket().native_handle(), byte.data(), byte.size(), MSG_PEEK | MSG_DONTWAIT);
    // Readable is bad also with data: an idle server sends nothing but its farewell.
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void Connection::rest() {
    buffer_.shrink_to_fit();
}

}  // namespace lws::client
