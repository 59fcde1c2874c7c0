// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pkg/lws/config/configuration.hpp"
#include "pkg/lws/http/executor.hpp"
#include "pkg/lws/http/router.hpp"
#include "pkg/lws/http/tls_context.hpp"
#include "pkg/lws/support/log.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::http {

// Deadlines of one step each. They are watched by a sweep that runs every quarter of the shortest
// (at most 500 ms), so a step may last that much longer.
struct Deadlines {
    std::chrono::milliseconds handshake{10'000};
    // From the first byte of a request to the end of its header, and on to the end of its body.
    std::chrono::milliseconds header{10'000};
    std::chrono::milliseconds body{30'000};
    std::chrono::milliseconds write{30'000};
    // Between requests. The API server's client keeps idle connections for 90 s; ours must last
    // longer, or it would write into a connection that we are closing.
    std::chrono::milliseconds idle{120'000};
    // A connection without a request gives back its buffers after this time: a busy one would take
    // them anew for each request.
    std::chrono::milliseconds rest{1'000};
    // After an answer that came before the end of the request, what the client still sends is read
    // and dropped this long: closing at once would destroy the answer on its way (RFC 9112, 9.6).
    std::chrono::milliseconds linger{2'000};
};

struct Limits {
    // Open connections. The next few get a 503 with Retry-After; what is beyond those is closed.
    std::size_t connections = 2000;
    // Requests being read or answered; more get a 503 with Retry-After.
    std::size_t in_flight = 512;
    // Bytes of bodies held at one time, beyond the first 64 KiB of each; more get a 503.
    std::size_t body_bytes = std::size_t{64} * 1024 * 1024;
};

struct ServerOptions {
    std::string name;  // for log lines
    Deadlines deadlines;
    Limits limits;
};

enum class DrainMode {
    // Idle connections stay open until they are used or `drain_idle` has passed: the API server
    // writes to those it knows, whatever readiness says.
    graceful,
    // Idle connections are closed at once.
    fast,
};

struct DrainOptions {
    // New connections are accepted at least this long: endpoints and proxies need time to forget
    // us.
    std::chrono::milliseconds min_accept{15'000};
    std::chrono::milliseconds drain_idle{95'000};
    // What is still open this long after that is cut.
    std::chrono::milliseconds cut{10'000};
};

// An HTTP/1.1 server, in plain text or over TLS. One acceptor on `accept_context` hands each
// connection to the worker context with the fewest; a connection lives on its context alone, which
// must be run by one thread. Answers 404 and 405 by the router's table, 503 with Retry-After over a
// limit, 4xx for malformed HTTP. Router and contexts must outlive the server, the workers' contexts
// also `accept_context`; none may run any more when the server is destroyed.
class Server {
public:
    Server(
        asio::io_context& accept_context,
        const std::vector<asio::io_context*>& workers,
        ServerOptions options,
        const Router& router,
        Logger logger
    );
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // From now on connections are TLS with the slot's context at that moment; while it is empty
    // they are closed. Call before listen().
    void use_tls(const TlsContextSlot& slot);

    // Binds and starts accepting; empty host: IPv6 and IPv4, port 0: any free one. The error is one
    // line. Call before the contexts run or on the accept context.
    [[nodiscard]] Result<void> listen(const config::BindAddress& address);
    [[nodiscard]] std::uint16_t port() const;

    // Call on the accept context. Every answer carries `Connection: close` from now on; accepting
    // goes on until no connection is left after `min_accept`, then `done` is called once on the
    // accept context. A second call with `fast` hurries the first.
    void drain(DrainMode mode, const DrainOptions& options, std::function<void()> done);
    // Closes everything without waiting. Call on the accept context.
    void stop();

    struct Load {
        std::size_t connections = 0;
        std::size_t in_flight = 0;
        std::size_t body_bytes = 0;
        std::size_t ended = 0;  // connections, since the start
    };
    // Any thread.
    [[nodiscard]] Load load() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace lws::http
