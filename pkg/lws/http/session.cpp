// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <exception>
#include <optional>

#include "pkg/lws/http/request_reader.hpp"
#include "pkg/lws/http/response_head.hpp"
#include "pkg/lws/http/socket_options.hpp"
#include "pkg/lws/http/tls_stream.hpp"
#include "pkg/lws/http/worker.hpp"

namespace lws::http {
namespace {

namespace wire = boost::beast::http;

using boost::system::error_code;
using Progress = RequestReader::Progress;

constexpr auto kResult = asio::as_tuple(kUseAwaitable);
// Steps after which other connections have their turn, whatever else this one has sent: a few
// requests, or what fits the socket's buffer of a large one.
constexpr int kStepsInATurn = 16;

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

enum class Phase { handshake, idle, head, proceed, body, answer, linger, goodbye, over };
enum class Step { done, blocked };
enum class Turn { blocked, yield, over };

// One connection from its handshake to its end. It goes as far as it can in plain calls, phase by
// phase; only the wait for the socket is a coroutine's, so that a request that has come whole is
// answered in one go and without memory of its own.
class Session final : public Connection {
public:
    Session(std::shared_ptr<Worker> worker, Admission admission, std::unique_ptr<Transport> t)
        : worker_(std::move(worker)),
          state_(worker_->state()),
          admission_(admission),
          transport_(std::move(t)),
          registration_(worker_, *this) {
        begin(Phase::handshake, deadlines().handshake);
    }

    void cut() override {
        error_code ignored;
        transport_->socket().close(ignored);
    }

    void rest() override {
        transport_->release_buffers();
        reader_.release();
        for (std::string* const text : {&request_.body, &response_.body, &out_}) {
            std::string().swap(*text);
        }
    }

    // The frame keeps the session alive; nothing else does.
    static Awaitable<void> run(std::shared_ptr<Session> self) {
        Turn turn = self->take_turn();
        while (turn != Turn::over) {
            if (turn == Turn::yield) {
                co_await asio::post(self->worker_->context().get_executor(), kUseAwaitable);
            } else {
                Transport& transport = *self->transport_;
                const auto [cut] =
                    co_await transport.socket().async_wait(transport.wanted(), kResult);
                if (cut) {
                    break;
                }
            }
            turn = self->take_turn();
        }
        self->cut();
    }

private:
    [[nodiscard]] const Deadlines& deadlines() const { return state_.options.deadlines; }

    void begin(Phase phase, Clock::duration most) {
        phase_ = phase;
        entered_ = false;
        deadline = Clock::now() + most;
        idle = phase == Phase::idle || phase == Phase::linger || phase == Phase::goodbye;
        rest_at =
            phase == Phase::idle ? deadline - most + deadlines().rest : Clock::time_point::max();
    }

    Turn take_turn() {
        for (int steps = 0; steps < kStepsInATurn; ++steps) {
            if (phase_ == Phase::over) {
                return Turn::over;
            }
            if (perform() == Step::blocked) {
                return Turn::blocked;
            }
        }
        return Turn::yield;
    }

    Step perform() {
        switch (phase_) {
            case Phase::handshake:
                return shake_hands();
            case Phase::idle:
                return wait_for_request();
            case Phase::head:
                return read_head();
            case Phase::proceed:
            case Phase::answer:
                return write();
            case Phase::body:
                return read_body();
            case Phase::linger:
                return linger();
            case Phase::goodbye:
                return say_goodbye();
            case Phase::over:
                break;
        }
        return Step::done;
    }

    Step shake_hands() {
        const error_code error = transport_->handshake_now();
        if (error == asio::error::would_block) {
            return Step::blocked;
        }
        if (error) {
            // Anyone who reaches the port can cause this; it must not fill the log.
            state_.logger->debug(
                "{}: TLS handshake failed: {}", state_.options.name, error.message()
            );
            phase_ = Phase::over;
            return Step::done;
        }
        // A burst of connections must not hold the buffers of all their handshakes.
        transport_->release_buffers();
        begin(Phase::idle, deadlines().idle);
        return Step::done;
    }

    // Waits without a buffer, so that rest() may take all there is.
    Step wait_for_request() {
        if (!reader_.has_bytes()) {
            const bool nothing_yet = !std::exchange(entered_, true) && !transport_->has_pending();
            const error_code error =
                nothing_yet ? asio::error::would_block : reader_.read_more(*transport_);
            if (error == asio::error::would_block) {
                return Step::blocked;
            }
            if (error) {
                leave();
                return Step::done;
            }
        }
        reader_.begin();
        unread_ = false;
        begin(Phase::head, deadlines().header);
        return Step::done;
    }

    Step read_head() {
        switch (reader_.read_head(*transport_)) {
            case Progress::part:
                break;
            case Progress::blocked:
                return Step::blocked;
            case Progress::whole:
                accept_head();
                break;
            case Progress::malformed:
                unread_ = true;
                refuse(reader_.refusal());
                break;
            default:
                leave();
        }
        return Step::done;
    }

    void accept_head() {
        in_flight_.emplace(state_.in_flight);
        body_bytes_.emplace(state_.body_bytes);
        const bool admitted =
            admission_ == Admission::serve && in_flight_->take(1, state_.options.limits.in_flight);
        if (!admitted) {
            unread_ = !reader_.is_done();
            refuse(503);
            return;
        }
        const auto& head = reader_.head();
        const std::string_view target(head.target().data(), head.target().size());
        request_.method = method_of(head.method());
        request_.path = target.substr(0, target.find('?'));
        const auto type = head[wire::field::content_type];
        request_.content_type = std::string_view(type.data(), type.size());
        request_.body.clear();
        match_ = state_.router.find(request_.method, request_.path);
        if (reader_.is_done()) {
            accept_body(Progress::whole);
            return;
        }
        begin(Phase::body, deadlines().body);
        if (body_limits().most > 0 &&
            wire::token_list(head[wire::field::expect]).exists("100-continue")) {
            out_ = "HTTP/1.1 100 Continue\r\n\r\n";
            sent_ = 0;
            phase_ = Phase::proceed;
        }
    }

    RequestReader::BodyLimits body_limits() {
        return {
            match_.route == nullptr ? 0 : match_.route->max_body,
            &*body_bytes_,
            state_.options.limits.body_bytes
        };
    }

    Step read_body() {
        const Progress progress = reader_.read_body(*transport_, body_limits(), request_.body);
        if (progress == Progress::blocked) {
            return Step::blocked;
        }
        if (progress == Progress::gone) {
            leave();
        } else if (progress != Progress::part) {
            accept_body(progress);
        }
        return Step::done;
    }

    void accept_body(Progress outcome) {
        unread_ = outcome != Progress::whole;
        reset_response();
        if (outcome == Progress::too_busy) {
            set_refusal(503);
        } else if (match_.route == nullptr) {
            set_refusal(match_.allow.empty() ? 404 : 405);
        } else {
            handle(*match_.route);
        }
        // Done with: a slow reader of the answer must not hold it, too.
        drop_if_large(request_.body);
        body_bytes_.reset();
        const auto& head = reader_.head();
        const bool persistent = !unread_ && head.keep_alive() && head.version() >= 11;
        respond(persistent ? Persistence::keep_alive : Persistence::close);
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

    void refuse(unsigned status) {
        reset_response();
        set_refusal(status);
        request_.method = Method::other;
        respond(Persistence::close);
    }

    // One buffer, so that a small answer is one TLS record and one packet.
    void respond(Persistence persistence) {
        const bool draining = state_.draining.load(std::memory_order_relaxed);
        persistence_ = draining ? Persistence::close : persistence;
        HeadOptions head;
        head.persistence = persistence_;
        head.date = worker_->date();
        head.allow = response_.status == 405 ? match_.allow : std::string_view();
        out_.clear();
        append_head(out_, response_, head);
        if (request_.method != Method::head) {
            out_.append(response_.body);
        }
        sent_ = 0;
        begin(Phase::answer, deadlines().write);
    }

    Step write() {
        error_code error;
        sent_ += transport_->write_now(asio::buffer(out_) + sent_, error);
        if (error == asio::error::would_block) {
            return Step::blocked;
        }
        if (error) {
            leave();
        } else if (sent_ == out_.size() && phase_ == Phase::proceed) {
            phase_ = Phase::body;
        } else if (sent_ == out_.size()) {
            finish_request();
        }
        return Step::done;
    }

    void finish_request() {
        if (persistence_ == Persistence::close) {
            leave();
            return;
        }
        in_flight_.reset();
        // A large answer must not mark a connection for life.
        drop_if_large(response_.body);
        drop_if_large(out_);
        begin(Phase::idle, deadlines().idle);
    }

    static void drop_if_large(std::string& text) {
        if (text.capacity() > kKept) {
            std::string().swap(text);
        }
    }

    // Says goodbye, or reads what is still on its way: both for a bounded time.
    void leave() {
        in_flight_.reset();
        body_bytes_.reset();
        if (!unread_) {
            begin(Phase::goodbye, deadlines().linger);
            return;
        }
        transport_->stop_sending();
        begin(Phase::linger, deadlines().linger);
    }

    Step linger() {
        const error_code error = reader_.drop(*transport_);
        if (error == asio::error::would_block) {
            return Step::blocked;
        }
        phase_ = error ? Phase::over : Phase::linger;
        return Step::done;
    }

    Step say_goodbye() {
        if (transport_->say_goodbye_now() == asio::error::would_block) {
            return Step::blocked;
        }
        phase_ = Phase::over;
        return Step::done;
    }

    std::shared_ptr<Worker> worker_;
    ServerState& state_;
    Admission admission_;
    std::unique_ptr<Transport> transport_;
    Phase phase_ = Phase::handshake;
    bool entered_ = false;

    RequestReader reader_;
    Request request_;
    Router::Match match_;
    bool unread_ = false;  // some of the request is still on its way
    std::optional<Lease> in_flight_;
    std::optional<Lease> body_bytes_;

    Response response_;
    Persistence persistence_ = Persistence::close;
    std::string out_;
    std::size_t sent_ = 0;  // of out_
    Worker::Registration registration_;
};

void spawn(std::shared_ptr<Worker> worker, Admission admission, std::unique_ptr<Transport> t) {
    asio::io_context& context = worker->context();
    auto session = std::make_shared<Session>(worker, admission, std::move(t));
    asio::co_spawn(
        context.get_executor(),
        Session::run(std::move(session)),
        [worker = std::move(worker)](const std::exception_ptr& failure) {
            if (!failure) {
                return;
            }
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& exception) {
                worker->state().logger->error(
                    "{}: connection: {}", worker->state().options.name, exception.what()
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
        spawn(std::move(worker), admission, std::make_unique<PlainTransport>(std::move(socket)));
        return;
    }
    const TlsContext tls = state.tls->load();
    if (!tls) {
        worker->open().fetch_sub(1);
        state.connections.fetch_sub(1);
        return;
    }
    spawn(std::move(worker), admission, std::make_unique<TlsStream>(std::move(socket), *tls));
}

}  // namespace lws::http
