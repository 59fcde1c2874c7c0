// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "pkg/lws/client/api_client_impl.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/k8s/status.hpp"

namespace lws::client {

namespace asio = boost::asio;

asio::awaitable<ApiClient::Impl::Attempted> ApiClient::Impl::attempt_stream(
    ConnectionPtr* connection, const Request* request, Deadline deadline
) {
    const auto began = Clock::now();
    Attempted out;
    const Result<void> connected = co_await connect(connection, deadline);
    if (!connected) {
        out.exchange.error = connected.error();
        record(*request, out.exchange, began);
        co_return out;
    }
    out.token = tokens.current(began);
    out.context = (*connection)->context();
    const HttpRequest http = make_http(*request, out.token);
    const Enlisted<Connection> enlisted(live, connection->get());
    out.exchange = co_await (*connection)->begin_stream(&http, options.max_body_bytes, deadline);
    record(*request, out.exchange, began);
    co_return out;
}

asio::awaitable<Result<std::unique_ptr<WatchStream>>> ApiClient::Impl::open_watch(
    Request request, std::chrono::milliseconds timeout
) {
    const Deadline deadline = Clock::now() + timeout;
    Retries retries;
    while (true) {
        const Result<Deadline> admitted = co_await admit(&request, deadline);
        if (!admitted) co_return admitted.error();
        ConnectionPtr connection;
        const Attempted attempted = co_await attempt_stream(&connection, &request, *admitted);
        if (stopped) co_return Error(ErrorCode::cancelled, "API client: stopped");
        const Exchange& exchange = attempted.exchange;
        if (exchange.progress == Progress::answered && exchange.answer.status == 200) {
            auto impl =
                std::make_unique<WatchStream::Impl>(shared_from_this(), std::move(connection));
            co_return std::make_unique<WatchStream>(std::move(impl));
        }
        const RetryDecision decision =
            decide_retry(summarize(request, attempted, deadline), retries);
        if (!decision.retry) {
            if (exchange.progress != Progress::answered) {
                co_return transport_failure(request, exchange.error);
            }
            const auto body = json::parse(exchange.answer.body);
            co_return k8s::error_from_response(
                exchange.answer.status, body ? body->root() : json::View()
            );
        }
        if (decision.delay.count() > 0) co_await sleep_until(Clock::now() + decision.delay);
    }
}

WatchStream::Impl::Impl(std::shared_ptr<ApiClient::Impl> c, std::unique_ptr<Connection> s)
    : client(std::move(c)), connection(std::move(s)) {
    client->live.insert(connection.get());
}

WatchStream::Impl::~Impl() {
    client->live.erase(connection.get());
}

WatchStream::WatchStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WatchStream::~WatchStream() = default;

asio::awaitable<Result<std::optional<WatchEvent>>> WatchStream::next(std::chrono::milliseconds idle
) {
    while (true) {
        if (impl_->closed || impl_->client->stopped) {
            co_return Error(ErrorCode::cancelled, "watch: closed");
        }
        Result<std::optional<WatchEvent>> event = impl_->decoder.next();
        if (!event) co_return event.error();
        if (*event) co_return event;
        std::string bytes;
        const Deadline deadline = std::chrono::steady_clock::now() + idle;
        const Result<bool> read = co_await impl_->connection->read_some(&bytes, deadline);
        if (impl_->closed || impl_->client->stopped) continue;
        if (!read) co_return read.error();
        if (*read) {
            impl_->decoder.feed(bytes);
            continue;
        }
        if (impl_->decoder.mid_event()) {
            co_return Error(ErrorCode::unavailable, "watch: ended amid an event");
        }
        co_return std::optional<WatchEvent>();
    }
}

void WatchStream::close() {
    impl_->closed = true;
    impl_->connection->close();
}

}  // namespace lws::client
