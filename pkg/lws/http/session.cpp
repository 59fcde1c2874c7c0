// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <exception>
#include <optional>

#include "pkg/lws/http/response_head.hpp"
#include "pkg/lws/http/socket_options.hpp"
#include "pkg/lws/http/tls_stream.hpp"
#include "pkg/lws/http/worker.hpp"

namespace lws::http {
namespace {

namespace beast = boost::beast;
namespace wire = boost::beast::http;

using Parser = wire::request_parser<wire::buffer_body>;

constexpr auto kResult = asio::as_tuple(kUseAwaitable);
constexpr std::size_t kMaxHeader = std::size_t{8} * 1024;
constexpr std::size_t kReadBuffer = std::size_t{16} * 1024;
// What a connection may keep between requests, and what a body may hold outside the shared limit.
constexpr std::size_t kKept = std::size_t{64} * 1024;

Socket& socket_of(Socket& stream) {
    return stream;
}

Socket& socket_of(TlsStream& stream) {
    return stream.next_layer();
}

bool has_pending(const Socket&) {
    return false;
}

bool has_pending(const TlsStream& stream) {
    return stream.has_pending();
}

Socket::wait_type wanted(const Socket&) {
    return Socket::wait_read;
}

Socket::wait_type wanted(const TlsStream& stream) {
    return stream.wanted();
}

std::size_t read_now(Socket& stream, asio::mutable_buffer buffer, boost::system::error_code& e) {
    return stream.read_some(buffer, e);
}

std::size_t read_now(TlsStream& stream, asio::mutable_buffer buffer, boost::system::error_code& e) {
    return stream.read_now(buffer, e);
}

std::size_t write_now(Socket& stream, asio::const_buffer buffer, boost::system::error_code& e) {
    return stream.write_some(buffer, e);
}

std::size_t write_now(TlsStream& stream, asio::const_buffer buffer, boost::system::error_code& e) {
    return stream.write_now(buffer, e);
}

Method method_of(wire::verb verb) {
    switch (verb) {
        case wire::verb::get:
            return Method::get;
        case wire::verb::head:
            return Method::head;
        case wire::verb::post:
            return Method::post;
        default:
            return Method::other;
    }
}

// Malformed HTTP deserves an answer; a peer that went away or was cut does not.
std::optional<unsigned> status_of(const boost::system::error_code& error) {
    if (error == wire::error::header_limit || error == wire::error::buffer_overflow) {
        return 431;
    }
    if (error == wire::error::end_of_stream || error == wire::error::partial_message ||
        error.category() != make_error_code(wire::error::bad_method).category()) {
        return std::nullopt;
    }
    return 400;
}

enum class BodyOutcome { whole, cut_short, too_busy, broken };

// What came of one request: may the connection live on, and is some of the request still unread?
struct Next {
    bool keep_alive = false;
    bool unread = false;
};

template <class Stream>
class Session final : public Connection, public std::enable_shared_from_this<Session<Stream>> {
public:
    template <class... Args>
    Session(std::shared_ptr<Worker> worker, Admission admission, Args&&... args)
        : worker_(std::move(worker)),
          state_(worker_->state()),
          admission_(admission),
          stream_(std::forward<Args>(args)...),
          buffer_(kReadBuffer),
          registration_(worker_, *this) {}

    void cut() override {
        boost::system::error_code ignored;
        socket_of(stream_).close(ignored);
    }

    void rest() override {
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            stream_.release_buffers();
        }
        parser_.reset();
        buffer_.shrink_to_fit();
        for (std::string* const text : {&request_.body, &response_.body, &out_}) {
            std::string().swap(*text);
        }
    }

    // The frame keeps the session alive; nothing else does.
    static Awaitable<void> run(std::shared_ptr<Session> self) {
        if (co_await self->shake_hands()) {
            Next next = co_await self->serve_one();
            while (next.keep_alive) {
                next = co_await self->serve_one();
            }
            co_await self->finish(next);
        }
        self->cut();
    }

private:
    void step(Clock::duration most, bool is_idle = false) {
        deadline = Clock::now() + most;
        idle = is_idle;
        rest_at = Clock::time_point::max();
    }

    [[nodiscard]] const Deadlines& deadlines() const { return state_.options.deadlines; }

    Awaitable<bool> shake_hands() {
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            step(deadlines().handshake);
            const auto [error] = co_await stream_.async_handshake(kResult);
            if (error) {
                // Anyone who reaches the port can cause this; it must not fill the log.
                state_.logger->debug(
                    "{}: TLS handshake failed: {}", state_.options.name, error.message()
                );
                co_return false;
            }
            // A burst of connections must not hold the buffers of all their handshakes.
            stream_.release_buffers();
        }
        co_return true;
    }

    // Waits without a buffer, so that rest() may take all there is.
    Awaitable<bool> wait_for_request() {
        if (buffer_.size() > 0) {
            co_return true;
        }
        boost::system::error_code error = asio::error::would_block;
        if (has_pending(stream_)) {
            error = read_request();
        }
        step(deadlines().idle, true);
        rest_at = deadline - deadlines().idle + deadlines().rest;
        while (error == asio::error::would_block) {
            const auto [broken] = co_await socket_of(stream_).async_wait(wanted(stream_), kResult);
            error = broken ? broken : read_request();
        }
        co_return !error;
    }

    boost::system::error_code read_request() {
        boost::system::error_code error;
        const std::size_t size = read_now(stream_, buffer_.prepare(kReadBuffer), error);
        buffer_.commit(size);
        return error;
    }

    Awaitable<Next> serve_one() {
        Next next;
        if (!co_await wait_for_request()) {
            co_return next;
        }
        step(deadlines().header);
        parser_.emplace();
        parser_->header_limit(kMaxHeader);
        parser_->body_limit(boost::none);
        const auto [error, size] =
            co_await wire::async_read_header(stream_, buffer_, *parser_, kResult);
        if (error) {
            if (const auto status = status_of(error)) {
                next.unread = true;
                co_await refuse(*status, Persistence::close);
            }
            co_return next;
        }
        Lease in_flight(state_.in_flight);
        const bool admitted =
            admission_ == Admission::serve && in_flight.take(1, state_.options.limits.in_flight);
        if (!admitted) {
            next.unread = !parser_->is_done();
            co_await refuse(503, Persistence::close);
            co_return next;
        }
        next = co_await answer();
        trim();
        co_return next;
    }

    Awaitable<Next> answer() {
        const auto& header = parser_->get();
        const std::string_view target(header.target().data(), header.target().size());
        request_.method = method_of(header.method());
        request_.path = target.substr(0, target.find('?'));
        const auto type = header[wire::field::content_type];
        request_.content_type = std::string_view(type.data(), type.size());
        const Router::Match match = state_.router.find(request_.method, request_.path);

        Lease body_bytes(state_.body_bytes);
        BodyOutcome body = BodyOutcome::whole;
        request_.body.clear();
        if (!parser_->is_done()) {
            body =
                co_await read_body(match.route == nullptr ? 0 : match.route->max_body, body_bytes);
        }
        Next next;
        next.unread = body != BodyOutcome::whole;
        if (body == BodyOutcome::broken) {
            next.unread = false;
            co_return next;
        }
        const bool persistent =
            !next.unread && parser_->get().keep_alive() && parser_->get().version() >= 11;
        reset_response();
        if (body == BodyOutcome::too_busy) {
            set_refusal(503);
        } else if (match.route == nullptr) {
            set_refusal(match.allow.empty() ? 404 : 405);
        } else {
            handle(*match.route);
        }
        next.keep_alive =
            co_await write(persistent ? Persistence::keep_alive : Persistence::close, match.allow);
        co_return next;
    }

    void handle(const Route& route) {
        try {
            route.handler(request_, response_);
        } catch (const std::exception& exception) {
            state_.logger->error("{}: {}: {}", state_.options.name, route.path, exception.what());
            reset_response();
            set_refusal(500);
        }
    }

    // Grows with what has come, not with what was announced: an idle promise costs no memory.
    // The caller, which awaits this, owns the lease.
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters)
    Awaitable<BodyOutcome> read_body(std::size_t most, Lease& lease) {
        step(deadlines().body);
        if (wire::token_list(parser_->get()[wire::field::expect]).exists("100-continue") &&
            most > 0 && !co_await write_continue()) {
            co_return BodyOutcome::broken;
        }
        const auto announced = parser_->content_length();
        std::string& body = request_.body;
        std::size_t filled = 0;
        while (!parser_->is_done()) {
            if (filled == most) {
                co_return BodyOutcome::cut_short;
            }
            if (filled == body.size()) {
                const std::size_t wanted =
                    announced ? static_cast<std::size_t>(std::min<std::uint64_t>(*announced, most))
                              : most;
                const std::size_t size = std::min(wanted, std::max(kReadBuffer, 2 * filled));
                const std::size_t held = std::max(filled, kKept);
                if (size > held && !lease.take(size - held, state_.options.limits.body_bytes)) {
                    co_return BodyOutcome::too_busy;
                }
                body.resize(std::max(size, filled + 1));
            }
            auto& part = parser_->get().body();
            part.data = body.data() + filled;
            part.size = body.size() - filled;
            part.more = true;
            const auto [error, size] =
                co_await wire::async_read_some(stream_, buffer_, *parser_, kResult);
            filled = body.size() - parser_->get().body().size;
            if (error && error != wire::error::need_buffer) {
                co_return BodyOutcome::broken;
            }
        }
        body.resize(filled);
        co_return BodyOutcome::whole;
    }

    Awaitable<bool> write_continue() {
        static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        const auto [error, size] = co_await asio::async_write(
            stream_, asio::const_buffer(kContinue.data(), kContinue.size()), kResult
        );
        co_return !error;
    }

    void reset_response() {
        response_.status = 200;
        response_.content_type = "text/plain; charset=utf-8";
        response_.body.clear();
        response_.retry_after = 0;
    }

    void set_refusal(unsigned status) {
        response_.status = status;
        response_.body.assign(reason_phrase(status)).append("\n");
        response_.retry_after = status == 503 ? 1 : 0;
    }

    Awaitable<void> refuse(unsigned status, Persistence persistence) {
        reset_response();
        set_refusal(status);
        request_.method = Method::other;
        co_await write(persistence, {});
    }

    // One buffer, so that a small answer is one TLS record and one packet. True when the connection
    // may serve another request.
    Awaitable<bool> write(Persistence persistence, std::string_view allow) {
        if (state_.draining.load(std::memory_order_relaxed)) {
            persistence = Persistence::close;
        }
        step(deadlines().write);
        HeadOptions head;
        head.persistence = persistence;
        head.date = worker_->date();
        head.allow = response_.status == 405 ? allow : std::string_view();
        out_.clear();
        append_head(out_, response_, head);
        if (request_.method != Method::head) {
            out_.append(response_.body);
        }
        // Nearly every answer fits the socket's buffer: no wait, no way through the event loop.
        boost::system::error_code error;
        const std::size_t sent = write_now(stream_, asio::buffer(out_), error);
        if (error == asio::error::would_block || (!error && sent < out_.size())) {
            const auto [failure, rest] =
                co_await asio::async_write(stream_, asio::buffer(out_) + sent, kResult);
            error = failure;
        }
        co_return !error && persistence == Persistence::keep_alive;
    }

    // A large request must not mark a connection for life.
    void trim() {
        for (std::string* const text : {&request_.body, &response_.body, &out_}) {
            if (text->capacity() > kKept) {
                std::string().swap(*text);
            }
        }
    }

    // Says goodbye in TLS and reads what is still on its way, for a bounded time.
    Awaitable<void> finish(Next next) {
        step(deadlines().linger, true);
        if (next.unread) {
            if constexpr (!std::is_same_v<Stream, TlsStream>) {
                boost::system::error_code ignored;
                stream_.shutdown(Socket::shutdown_send, ignored);
            }
            buffer_.clear();
            bool more = true;
            while (more) {
                const auto [error, size] =
                    co_await stream_.async_read_some(buffer_.prepare(kReadBuffer), kResult);
                more = !error;
            }
        } else if constexpr (std::is_same_v<Stream, TlsStream>) {
            static_cast<void>(co_await stream_.async_shutdown(kResult));
        }
    }

    std::shared_ptr<Worker> worker_;
    ServerState& state_;
    Admission admission_;
    Stream stream_;
    beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    Request request_;
    Response response_;
    std::string out_;
    Worker::Registration registration_;
};

template <class Stream, class... Args>
void spawn(std::shared_ptr<Worker> worker, Admission admission, Args&&... args) {
    asio::io_context& context = worker->context();
    const auto state = std::shared_ptr<Worker>(worker);
    auto session = std::make_shared<Session<Stream>>(
        std::move(worker), admission, std::forward<Args>(args)...
    );
    asio::co_spawn(
        context.get_executor(),
        Session<Stream>::run(std::move(session)),
        [state](const std::exception_ptr& failure) {
            if (!failure) {
                return;
            }
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& exception) {
                state->state().logger->error(
                    "{}: connection: {}", state->state().options.name, exception.what()
                );
            }
        }
    );
}

}  // namespace

void start_session(std::shared_ptr<Worker> worker, Socket socket, Admission admission) {
    ServerState& state = worker->state();
    set_connection_options(socket);
    if (state.tls == nullptr) {
        spawn<Socket>(std::move(worker), admission, std::move(socket));
        return;
    }
    const TlsContext tls = state.tls->load();
    if (!tls) {
        worker->open().fetch_sub(1);
        state.connections.fetch_sub(1);
        return;
    }
    spawn<TlsStream>(std::move(worker), admission, std::move(socket), *tls);
}

}  // namespace lws::http
