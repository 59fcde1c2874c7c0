// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/client/connection.hpp"
#include "pkg/lws/client/credentials.hpp"
#include "pkg/lws/client/outage_log.hpp"
#include "pkg/lws/client/retry_policy.hpp"
#include "pkg/lws/client/tls_client_context.hpp"
#include "pkg/lws/client/token_bucket.hpp"

namespace lws::client {

// What api_client.cpp and watch_stream.cpp share. Coroutines keep it alive by a shared_ptr in the
// outermost frame.
struct ApiClient::Impl : std::enable_shared_from_this<ApiClient::Impl> {
    Impl(boost::asio::any_io_executor e, ConnectionSettings s, ApiClientOptions o, Logger l);

    using Clock = std::chrono::steady_clock;
    using ConnectionPtr = std::unique_ptr<Connection>;

    boost::asio::awaitable<Result<json::Document>> call(
        Request request, std::chrono::milliseconds timeout
    );
    boost::asio::awaitable<Result<std::unique_ptr<WatchStream>>> open_watch(
        Request request, std::chrono::milliseconds timeout
    );
    void stop();

    // One attempt in the pool.
    struct Attempted {
        Exchange exchange;
        bool kept_connection{false};
        std::string token;
        ClientTlsContext context;

        Attempted() = default;
    };
    boost::asio::awaitable<Attempted> attempt(const Request* request, Deadline deadline);
    boost::asio::awaitable<Attempted> perform(
        ConnectionPtr* connection, const Request* request, Deadline deadline
    );
    boost::asio::awaitable<Attempted> attempt_stream(
        ConnectionPtr* connection, const Request* request, Deadline deadline
    );
    // The end of what must be over before an attempt may begin: rate limit, fence.
    boost::asio::awaitable<Result<Deadline>> admit(const Request* request, Deadline deadline);
    boost::asio::awaitable<Result<void>> connect(ConnectionPtr* connection, Deadline deadline);
    // Asked before the way to the server and, as that may take long, again before the first byte.
    Result<std::chrono::milliseconds> allowed_time(const Request& request) const;
    Attempt summarize(const Request& request, const Attempted& attempted, Deadline deadline);
    Error transport_failure(const Request& request, const Error& error) const;

    // A place among max_connections.
    boost::asio::awaitable<Result<void>> acquire(Deadline deadline);
    void release();
    ConnectionPtr take_idle();
    void put_idle(ConnectionPtr connection);
    void arm_sweep();
    void sweep();

    // True when the time has come, false when the client stopped before.
    boost::asio::awaitable<bool> sleep_until(Clock::time_point when);

    HttpRequest make_http(const Request& request, const std::string& token) const;
    void record(const Request& request, const Exchange& exchange, Clock::time_point began);
    void note_reachable(const Exchange& exchange);

    boost::asio::any_io_executor executor;
    ConnectionSettings settings;
    ApiClientOptions options;
    Logger logger;
    Allowance allowance;
    TokenSource tokens;
    TlsContextSource tls;
    TokenBucket bucket;
    OutageLog outage;

    struct Waiter {
        explicit Waiter(const boost::asio::any_io_executor& e) : timer(e) {}
        boost::asio::steady_timer timer;
        bool granted{false};
    };
    std::size_t in_use{0};
    std::deque<Waiter*> waiters;
    std::vector<ConnectionPtr> idle;  // longest idle first
    boost::asio::steady_timer sweep_timer;
    bool sweep_armed{false};

    // What stop() must end.
    std::set<Connection*> live;
    std::set<boost::asio::steady_timer*> sleeping;
    bool stopped{false};
};

// Keeps `item` in `set` for a scope.
template <class T>
class Enlisted {
public:
    Enlisted(std::set<T*>& set, T* item) : set_(set), item_(item) { set_.insert(item_); }
    ~Enlisted() { set_.erase(item_); }
    Enlisted(const Enlisted&) = delete;
    Enlisted& operator=(const Enlisted&) = delete;

private:
    std::set<T*>& set_;
    T* item_;
};

struct WatchStream::Impl {
    Impl(std::shared_ptr<ApiClient::Impl> c, std::unique_ptr<Connection> s);
    ~Impl();

    std::shared_ptr<ApiClient::Impl> client;
    std::unique_ptr<Connection> connection;
    WatchDecoder decoder;
    bool closed{false};
};

}  // namespace lws::client
