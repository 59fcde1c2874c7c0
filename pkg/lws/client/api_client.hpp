// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/client/connection_settings.hpp"
#include "pkg/lws/client/request.hpp"
#include "pkg/lws/client/watch_decoder.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/support/log.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {

// One HTTP exchange, for rest_client_requests_total and its latency. A call that is tried again
// makes more than one. `code` is 0 when no answer came.
struct CallRecord {
    Verb verb;
    int code;
    std::chrono::nanoseconds latency;
};

struct ApiClientOptions {
    std::string user_agent{"lws"};  // config::user_agent()
    double qps{500};                // clientConnection defaults of upstream's configuration
    int burst{500};
    std::size_t max_connections{6};  // watches have their own
    std::chrono::seconds idle_timeout{20};
    std::chrono::seconds connect_timeout{5};  // name, TCP and TLS together
    std::size_t max_body_bytes{std::size_t{32} * 1024 * 1024};
    std::function<void(const CallRecord&)> on_call;

    ApiClientOptions() {}
};

inline constexpr std::chrono::milliseconds kCallTimeout{10000};

class WatchStream;

// The Kubernetes API over HTTP/1.1 and TLS 1.2 or later on kept connections. All members run on the
// executor given, which must not run two handlers at once (one thread, or a strand). Errors:
// non-2xx answers carry the text of their metav1.Status and the code of result.hpp;
// `unavailable`, `timeout`, `cancelled` are ours. That the server cannot be reached is logged here,
// at once and then at most once a minute, and its return too: callers need not.
class ApiClient {
public:
    struct Impl;  // opaque

    ApiClient(
        boost::asio::any_io_executor executor,
        ConnectionSettings settings,
        ApiClientOptions options,
        Logger logger
    );
    ~ApiClient();
    ApiClient(const ApiClient&) = delete;
    ApiClient& operator=(const ApiClient&) = delete;

    // One request and its answer, `null` for an empty body. `timeout` bounds everything: waiting
    // for the rate limit and a connection, name, TCP, TLS, sending and the whole answer, and the
    // second tries: once after a kept connection turned out dead (never for a POST that may have
    // been received), once after a 401 if the token or our certificate changed, and after a
    // Retry-After that fits.
    [[nodiscard]] boost::asio::awaitable<Result<json::Document>> call(
        Request request, std::chrono::milliseconds timeout = kCallTimeout
    );

    // Opens a watch on a connection of its own; `timeout` bounds the way up to the response header.
    // `gone`: the resourceVersion is too old.
    [[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<WatchStream>>> open_watch(
        Request request, std::chrono::milliseconds timeout = kCallTimeout
    );

    // Asked before each attempt at a request, and again when its first byte could be sent: how long
    // may it last? Zero: it must not start (the call fails with `cancelled`). Fencing for leader
    // election; `max()` is no bound.
    using Allowance = std::function<std::chrono::milliseconds(const Request&)>;
    void set_allowance(Allowance allowance);

    // Every running and later call ends with `cancelled`, promptly. For good.
    void stop();
    [[nodiscard]] bool stopped() const;

    // No connection could be made since the last answer; logged here already.
    [[nodiscard]] bool unreachable() const;

    [[nodiscard]] boost::asio::any_io_executor get_executor() const;

private:
    std::shared_ptr<Impl> impl_;
};

// Events of one watch response. Must be used and destroyed on the client's executor; may outlive
// the client (and then only fails).
class WatchStream {
public:
    struct Impl;  // opaque

    explicit WatchStream(std::unique_ptr<Impl> impl);
    ~WatchStream();
    WatchStream(const WatchStream&) = delete;
    WatchStream& operator=(const WatchStream&) = delete;

    // The next event; nothing when the server ended the response in good order. `timeout` when no
    // byte came for `idle`; `unavailable` when the connection broke, also amid an event;
    // `cancelled` after close() or ApiClient::stop(). After anything but an event the stream is
    // over.
    [[nodiscard]] boost::asio::awaitable<Result<std::optional<WatchEvent>>> next(
        std::chrono::milliseconds idle
    );

    // Ends a waiting next().
    void close();

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace lws::client
