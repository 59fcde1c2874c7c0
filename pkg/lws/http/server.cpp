// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <exception>

#include "pkg/lws/http/worker.hpp"

namespace lws::http {
namespace {

constexpr auto kResult = asio::as_tuple(kUseAwaitable);
// Connections over the limit that still get an answer, so that clients know why.
constexpr std::size_t kRefusedAtOnce = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kDrainLook{20};

using asio::ip::tcp;

Result<std::vector<tcp::endpoint>> endpoints_of(
    asio::io_context& context, const config::BindAddress& address
) {
    if (address.host.empty()) {
        // The second serves machines without IPv6.
        return std::vector<tcp::endpoint>{{tcp::v6(), address.port}, {tcp::v4(), address.port}};
    }
    boost::system::error_code error;
    asio::ip::basic_resolver<tcp, Executor> resolver(context.get_executor());
    const auto found =
        resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
    if (error) {
        return Error(
            ErrorCode::invalid_input, "cannot resolve " + address.host + ": " + error.message()
        );
    }
    std::vector<tcp::endpoint> result;
    for (const auto& entry : found) {
        result.push_back(entry.endpoint());
    }
    return result;
}

boost::system::error_code open(Acceptor& acceptor, const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error && endpoint.address().is_v6()) {
        acceptor.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) {
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        boost::system::error_code ignored;
        acceptor.close(ignored);
    }
    return error;
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(
        asio::io_context& accept_context,
        const std::vector<asio::io_context*>& workers,
        ServerOptions options,
        const Router& router,
        Logger logger
    )
        : accept_context_(accept_context),
          state_(std::make_shared<ServerState>(std::move(options), router, std::move(logger))),
          acceptor_(accept_context.get_executor()),
          timer_(accept_context.get_executor()),
          drain_timer_(accept_context.get_executor()) {
        for (asio::io_context* const context : workers) {
            workers_.push_back(std::make_shared<Worker>(*context, state_));
        }
    }

    void use_tls(const TlsContextSlot& slot) { state_->tls = &slot; }

    Result<void> listen(const config::BindAddress& address) {
        const auto endpoints = endpoints_of(accept_context_, address);
        if (endpoints.has_error()) {
            return endpoints.error();
        }
        boost::system::error_code error = asio::error::host_not_found;
        for (const tcp::endpoint& endpoint : *endpoints) {
            error = open(acceptor_, endpoint);
            if (!error) {
                break;
            }
        }
        if (error) {
            return Error(
                ErrorCode::unavailable,
                "cannot listen on " + address.host + ':' + std::to_string(address.port) + ": " +
                    error.message()
            );
        }
        asio::co_spawn(
            accept_context_.get_executor(),
            accept_all(shared_from_this()),
            [state = state_](const std::exception_ptr& failure) {
                if (failure) {
                    state->logger->critical("{}: accepting ended", state->options.name);
                }
            }
        );
        return {};
    }

    [[nodiscard]] std::uint16_t port() const {
        boost::system::error_code error;
        return acceptor_.local_endpoint(error).port();
    }

    void drain(DrainMode mode, const DrainOptions& options, std::function<void()> done) {
        drain_mode_ = mode;
        drain_options_ = options;
        if (done) {
            done_ = std::move(done);
        }
        if (!state_->draining.exchange(true)) {
            drain_since_ = Clock::now();
            look_at_drain();
        }
    }

    void stop() {
        close_acceptor();
        drain_timer_.cancel();
        on_workers(&Worker::cut_all);
    }

    [[nodiscard]] Load load() const {
        return {
            state_->connections.load(),
            state_->in_flight.load(),
            state_->body_bytes.load(),
            state_->ended.load()
        };
    }

private:
    static Awaitable<void> accept_all(std::shared_ptr<Impl> self) {
        while (self->acceptor_.is_open()) {
            const std::shared_ptr<Worker> worker = self->least_busy();
            Socket socket(worker->context().get_executor());
            const auto [error] = co_await self->acceptor_.async_accept(socket, kResult);
            if (!error) {
                self->hand_over(worker, std::move(socket));
            } else if (error != asio::error::operation_aborted &&
                       error != asio::error::connection_aborted) {
                // Mostly: out of file descriptors. Waiting lets connections end.
                self->state_->logger->warn(
                    "{}: cannot accept: {}", self->state_->options.name, error.message()
                );
                self->timer_.expires_after(kAcceptPause);
                static_cast<void>(co_await self->timer_.async_wait(kResult));
            }
        }
    }

    [[nodiscard]] std::shared_ptr<Worker> least_busy() const {
        return *std::min_element(
            workers_.begin(),
            workers_.end(),
            [](const auto& a, const auto& b) { return a->open().load() < b->open().load(); }
        );
    }

    void hand_over(const std::shared_ptr<Worker>& worker, Socket socket) {
        const std::size_t limit = state_->options.limits.connections;
        const std::size_t now = state_->connections.fetch_add(1) + 1;
        if (now > limit + kRefusedAtOnce) {
            state_->connections.fetch_sub(1);
            return;
        }
        worker->open().fetch_add(1);
        const Admission admission = now > limit ? Admission::refuse : Admission::serve;
        asio::post(worker->context(), [worker, admission, socket = std::move(socket)]() mutable {
            worker->start(std::move(socket), admission);
        });
    }

    void close_acceptor() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        timer_.cancel();
    }

    void on_workers(void (Worker::*what)()) {
        for (const auto& worker : workers_) {
            asio::post(worker->context(), [worker, what] { (*worker.*what)(); });
        }
    }

    void look_at_drain() {
        const auto since = Clock::now() - drain_since_;
        const bool hurry = drain_mode_ == DrainMode::fast || since >= drain_options_.drain_idle;
        const bool empty = state_->connections.load() == 0;
        if (hurry) {
            close_acceptor();
            on_workers(&Worker::cut_idle);
            hurried_ = hurried_.value_or(Clock::now());
            if (Clock::now() - *hurried_ >= drain_options_.cut) {
                on_workers(&Worker::cut_all);
            }
        }
        if (empty && (hurry || since >= drain_options_.min_accept)) {
            close_acceptor();
            if (done_) {
                std::exchange(done_, nullptr)();
            }
            return;
        }
        drain_timer_.expires_after(kDrainLook);
        drain_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
            const auto impl = self.lock();
            if (impl && !error) {
                impl->look_at_drain();
            }
        });
    }

    using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

    asio::io_context& accept_context_;
    std::shared_ptr<ServerState> state_;
    std::vector<std::shared_ptr<Worker>> workers_;
    Acceptor acceptor_;
    Timer timer_;
    Timer drain_timer_;
    DrainMode drain_mode_ = DrainMode::graceful;
    DrainOptions drain_options_;
    Clock::time_point drain_since_;
    std::optional<Clock::time_point> hurried_;
    std::function<void()> done_;
};

Server::Server(
    asio::io_context& accept_context,
    const std::vector<asio::io_context*>& workers,
    ServerOptions options,
    const Router& router,
    Logger logger
)
    : impl_(std::make_shared<Impl>(
          accept_context, workers, std::move(options), router, std::move(logger)
      )) {}

Server::~Server() = default;

void Server::use_tls(const TlsContextSlot& slot) {
    impl_->use_tls(slot);
}

Result<void> Server::listen(const config::BindAddress& address) {
    return impl_->listen(address);
}

std::uint16_t Server::port() const {
    return impl_->port();
}

void Server::drain(DrainMode mode, const DrainOptions& options, std::function<void()> done) {
    impl_->drain(mode, options, std::move(done));
}

void Server::stop() {
    impl_->stop();
}

Server::Load Server::load() const {
    return impl_->load();
}

}  // namespace lws::http
