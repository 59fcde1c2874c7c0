// SPDX-License-Identifier: Apache-2.0
// The connections of an ApiClient: how many at once, which are kept, and their end.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "pkg/lws/client/api_client_impl.hpp"

namespace lws::client {

namespace asio = boost::asio;

asio::awaitable<Result<void>> ApiClient::Impl::acquire(Deadline deadline) {
    if (in_use < options.max_connections) {
        ++in_use;
        co_return success();
    }
    Waiter waiter(executor);
    waiter.timer.expires_at(deadline);
    waiters.push_back(&waiter);
    // Also when this coroutine is destroyed while it waits.
    struct Leave {
        Impl* owner;
        Waiter* waiter;
        ~Leave() { std::erase(owner->waiters, waiter); }
        Leave(Impl* o, Waiter* w) : owner(o), waiter(w) {}
        Leave(const Leave&) = delete;
        Leave& operator=(const Leave&) = delete;
    };
    const Leave leave(this, &waiter);
    co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (waiter.granted && !stopped) co_return success();
    if (waiter.granted) release();
    co_return Error(ErrorCode::timeout, "no free connection by the deadline");
}

void ApiClient::Impl::release() {
    if (waiters.empty()) {
        --in_use;
        return;
    }
    Waiter* next = waiters.front();
    waiters.pop_front();
    next->granted = true;
    next->timer.cancel();
}

ApiClient::Impl::ConnectionPtr ApiClient::Impl::take_idle() {
    // One that was made with certificates since replaced would go on as who we were.
    const Result<ClientTlsContext> context = tls.current(Clock::now());
    while (!idle.empty()) {
        ConnectionPtr connection = std::move(idle.back());
        idle.pop_back();
        if (context && connection->context() != *context) continue;
        if (!connection->dead()) return connection;
    }
    return nullptr;
}

void ApiClient::Impl::put_idle(ConnectionPtr connection) {
    connection->rest();
    connection->idle_since = Clock::now();
    idle.push_back(std::move(connection));
    arm_sweep();
}

void ApiClient::Impl::arm_sweep() {
    if (sweep_armed || idle.empty() || stopped) return;
    sweep_armed = true;
    sweep_timer.expires_at(idle.front()->idle_since + options.idle_timeout);
    sweep_timer.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
        if (const auto self = weak.lock()) self->sweep();
    });
}

void ApiClient::Impl::sweep() {
    sweep_armed = false;
    const auto oldest = Clock::now() - options.idle_timeout;
    std::erase_if(idle, [oldest](const ConnectionPtr& c) { return c->idle_since <= oldest; });
    arm_sweep();
}

asio::awaitable<bool> ApiClient::Impl::sleep_until(Clock::time_point when) {
    asio::steady_timer timer(executor);
    timer.expires_at(when);
    const Enlisted<asio::steady_timer> enlisted(sleeping, &timer);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return !stopped;
}

void ApiClient::Impl::stop() {
    if (stopped) return;
    stopped = true;
    sweep_timer.cancel();
    idle.clear();
    for (Connection* connection : live) connection->close();
    for (asio::steady_timer* timer : sleeping) timer->cancel();
    for (Waiter* waiter : waiters) waiter->timer.cancel();
}

}  // namespace lws::client
