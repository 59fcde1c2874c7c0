// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <list>

#include "pkg/lws/http/testing/exchange.hpp"

// What the API server meets while a rolling restart goes on.
namespace lws::http {
namespace {

using namespace std::chrono_literals;
using namespace testing;

DrainOptions accepting_no_longer_than_needed() {
    DrainOptions options;
    options.min_accept = 0ms;
    return options;
}

struct Asked {
    std::string request;
    std::string status;
};

TEST_CASE("every answer of a draining server ends its connection", "[http][server][drain]") {
    const auto c = GENERATE(values<Asked>({
        {std::string(kGet), "HTTP/1.1 200 OK"},
        {post("/size", std::string(100'000, 'x')), "HTTP/1.1 200 OK"},
        {"GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"},
        {"DELETE /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"},
        {"GET /throw HTTP/1.1\r\n\r\n", "HTTP/1.1 500 Internal Server Error"},
        {"hello there\r\n\r\n", "HTTP/1.1 400 Bad Request"},
        {"GET /hello HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
         "HTTP/1.1 431 Request Header Fields Too Large"},
    }));
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    TestServer server(transport);
    add_routes(server.router);
    server.start();
    TestClient kept(transport, server.port());
    REQUIRE_FALSE(has(kept.exchange(kGet), "Connection: close"));
    TestClient other(transport, server.port());
    REQUIRE_FALSE(has(other.exchange(kGet), "Connection: close"));
    const auto done = server.drain(DrainMode::graceful, accepting_no_longer_than_needed());
    REQUIRE(eventually([&] {
        return has(TestClient(transport, server.port()).exchange(kGet), "Connection: close");
    }));
    const std::string response = kept.exchange(c.request);
    CHECK(status(response) == c.status);
    CHECK(has(response, "Connection: close"));
    CHECK(kept.receive_rest().empty());
    CHECK_FALSE(done());
    CHECK(has(other.exchange(kGet), "Connection: close"));
    CHECK(eventually(done));
}

TEST_CASE("a request that began before the drain is answered in it", "[http][server][drain]") {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    TestServer server(transport);
    add_routes(server.router);
    server.start();
    TestClient running(transport, server.port());
    running.send("POST /size HTTP/1.1\r\nContent-Length: 3\r\n\r\na");
    REQUIRE(eventually([&] { return server.load().in_flight == 1; }));
    const auto done = server.drain(DrainMode::graceful, accepting_no_longer_than_needed());
    REQUIRE(eventually([&] {
        return has(TestClient(transport, server.port()).exchange(kGet), "Connection: close");
    }));
    CHECK_FALSE(done());
    running.send("bc");
    const std::string response = running.receive();
    CHECK(body(response) == "3");
    CHECK(has(response, "Connection: close"));
    CHECK(eventually(done));
}

TEST_CASE("who came late and asks nothing is waited for too", "[http][server][drain]") {
    TestServer server(Transport::tls);
    add_routes(server.router);
    server.start();
    TestClient first(Transport::tls, server.port());
    const auto done = server.drain(DrainMode::graceful, accepting_no_longer_than_needed());
    REQUIRE(eventually([&] {
        return has(TestClient(Transport::tls, server.port()).exchange(kGet), "Connection: close");
    }));
    // The API server opens a connection, and uses it when the next review comes.
    TestClient late(Transport::tls, server.port());
    REQUIRE(late.connected());
    static_cast<void>(first.exchange(kGet));
    CHECK(first.receive_rest().empty());
    CHECK_FALSE(done());
    CHECK(body(late.exchange(kGet)) == "hello");
    CHECK(eventually(done));
}

// The API server's connections come and go while it drains: none of their requests may be lost.
TEST_CASE("no request is lost while a server drains", "[http][server][drain]") {
    TestServer server(Transport::tls);
    add_routes(server.router);
    server.start();
    std::list<TestClient> pool;
    for (int i = 0; i < 25; ++i) {
        REQUIRE(body(pool.emplace_back(Transport::tls, server.port()).exchange(kGet)) == "hello");
    }
    const auto done = server.drain(DrainMode::graceful, accepting_no_longer_than_needed());
    int closed = 0;
    // As Go's transport does: the last used first, and a new one where an answer says `close`.
    for (int i = 0; i < 200 && closed < 25; ++i) {
        const std::string response = pool.back().exchange(kGet);
        REQUIRE(body(response) == "hello");
        if (has(response, "Connection: close")) {
            pool.pop_back();
            ++closed;
        }
    }
    CHECK(closed == 25);
    CHECK(eventually(done));
}

TEST_CASE("connections over the limit are refused while draining too", "[http][server][drain]") {
    ServerOptions options;
    options.limits.connections = 1;
    TestServer server(Transport::tls, options);
    add_routes(server.router);
    server.start();
    TestClient kept(Transport::tls, server.port());
    REQUIRE(body(kept.exchange(kGet)) == "hello");
    const auto done = server.drain(DrainMode::graceful, accepting_no_longer_than_needed());
    const std::string response = TestClient(Transport::tls, server.port()).exchange(kGet);
    CHECK(status(response) == "HTTP/1.1 503 Service Unavailable");
    CHECK(has(response, "Retry-After: 1"));
    CHECK(has(response, "Connection: close"));
    CHECK(eventually([&] { return server.load().connections == 1; }));
    CHECK(has(kept.exchange(kGet), "Connection: close"));
    CHECK(eventually(done));
}

}  // namespace
}  // namespace lws::http
