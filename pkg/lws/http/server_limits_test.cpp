// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/read.hpp>
#include <catch2/catch.hpp>
#include <list>

#include "pkg/lws/http/server.hpp"
#include "pkg/lws/http/testing/exchange.hpp"

namespace lws::http {
namespace {

using namespace std::chrono_literals;
using namespace testing;

// Deadlines that a test can wait for; all others stay long enough to fail a test that hits them.
Deadlines only(std::chrono::milliseconds Deadlines::* member) {
    Deadlines deadlines;
    deadlines.*member = 30ms;
    return deadlines;
}

ServerOptions with(const Deadlines& deadlines) {
    ServerOptions options;
    options.deadlines = deadlines;
    return options;
}

TEST_CASE("who is too slow is cut: handshake", "[http][server][deadline]") {
    TestServer server(Transport::tls, with(only(&Deadlines::handshake)));
    add_routes(server.router);
    server.start();
    asio::io_context context;
    auto socket = testing::connect_raw(context, server.port());
    boost::system::error_code error;
    char byte = 0;
    socket.read_some(asio::mutable_buffer(&byte, 1), error);
    CHECK((error == asio::error::eof || error == asio::error::connection_reset));
    CHECK(eventually([&] { return server.load().connections == 0; }));
}

struct Slow {
    std::string name;
    std::chrono::milliseconds Deadlines::* deadline;
    std::string sent;
};

TEST_CASE("who is too slow is cut: header, body, idle", "[http][server][deadline]") {
    const auto c = GENERATE(values<Slow>({
        {"header", &Deadlines::header, "GET /hel"},
        {"body", &Deadlines::body, "POST /size HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"},
        {"idle", &Deadlines::idle, ""},
        {"idle after an answer", &Deadlines::idle, std::string(kGet)},
    }));
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    DYNAMIC_SECTION(c.name) {
        TestServer server(transport, with(only(c.deadline)));
        add_routes(server.router);
        server.start();
        TestClient client(transport, server.port());
        client.send(c.sent);
        static_cast<void>(client.receive_rest());
        CHECK(eventually([&] { return server.load().connections == 0; }));
        CHECK(server.load().in_flight == 0);
    }
}

TEST_CASE("who does not read his answer is cut", "[http][server][deadline]") {
    TestServer server(Transport::plain, with(only(&Deadlines::write)));
    server.router.add({"/huge", Method::get, 0, [](Request&, Response& r) {
                           r.body.assign(std::size_t{64} << 20, 'x');
                       }});
    server.start();
    TestClient client(Transport::plain, server.port());
    client.send("GET /huge HTTP/1.1\r\n\r\n");
    CHECK(eventually([&] { return server.load().in_flight == 1; }));
    CHECK(eventually([&] { return server.load().connections == 0; }));
}

TEST_CASE("connections over the limit are told to come again", "[http][server][limit]") {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    ServerOptions options;
    options.limits.connections = 2;
    TestServer server(transport, options);
    add_routes(server.router);
    server.start();
    std::list<TestClient> held;
    for (int i = 0; i < 2; ++i) {
        CHECK(body(held.emplace_back(transport, server.port()).exchange(kGet)) == "hello");
    }
    TestClient third(transport, server.port());
    const std::string response = third.exchange(kGet);
    CHECK(status(response) == "HTTP/1.1 503 Service Unavailable");
    CHECK(has(response, "Retry-After: 1"));
    CHECK(has(response, "Connection: close"));
    CHECK(body(held.front().exchange(kGet)) == "hello");
    held.clear();
    CHECK(eventually([&] { return server.load().connections <= 1; }));
    CHECK(body(TestClient(transport, server.port()).exchange(kGet)) == "hello");
}

TEST_CASE(
    "far more connections than the limit are closed without a word", "[http][server][limit]"
) {
    ServerOptions options;
    options.limits.connections = 1;
    TestServer server(Transport::plain, options);
    add_routes(server.router);
    server.start();
    std::list<TestClient> held;
    for (int i = 0; i < 1 + 64; ++i) {
        held.emplace_back(Transport::plain, server.port());
    }
    CHECK(eventually([&] { return server.load().connections == 65; }));
    CHECK(TestClient(Transport::plain, server.port()).receive_rest().empty());
    CHECK(server.load().connections == 65);
}

TEST_CASE("requests over the limit in flight are told to come again", "[http][server][limit]") {
    ServerOptions options;
    options.limits.in_flight = 1;
    TestServer server(Transport::plain, options);
    add_routes(server.router);
    server.start();
    TestClient slow(Transport::plain, server.port());
    slow.send("POST /size HTTP/1.1\r\nContent-Length: 2\r\n\r\na");
    CHECK(eventually([&] { return server.load().in_flight == 1; }));
    TestClient second(Transport::plain, server.port());
    const std::string response = second.exchange(kGet);
    CHECK(status(response) == "HTTP/1.1 503 Service Unavailable");
    CHECK(has(response, "Retry-After: 1"));
    slow.send("b");
    CHECK(body(slow.receive()) == "2");
    CHECK(eventually([&] { return server.load().in_flight == 0; }));
}

TEST_CASE("bodies held at one time are bounded together", "[http][server][limit]") {
    ServerOptions options;
    options.limits.body_bytes = 200'000;
    TestServer server(Transport::plain, options);
    add_routes(server.router);
    server.start();
    TestClient first(Transport::plain, server.port());
    first.send("POST /size HTTP/1.1\r\nContent-Length: 262144\r\n\r\n" + std::string(200'000, 'x'));
    CHECK(eventually([&] { return server.load().body_bytes > 150'000; }));
    TestClient second(Transport::plain, server.port());
    const std::string response = second.exchange(post("/size", std::string(200'000, 'x')));
    CHECK(status(response) == "HTTP/1.1 503 Service Unavailable");
    // Small ones, that is nearly all, never notice.
    CHECK(body(TestClient(Transport::plain, server.port()).exchange(post("/size", "abc"))) == "3");
    first.send(std::string(62'144, 'x'));
    CHECK(body(first.receive()) == "262144");
    CHECK(eventually([&] { return server.load().body_bytes == 0; }));
}

TEST_CASE(
    "a draining server answers on, closes each connection, then ends", "[http][server][drain]"
) {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    TestServer server(transport);
    add_routes(server.router);
    server.start();
    TestClient idle(transport, server.port());
    CHECK(body(idle.exchange(kGet)) == "hello");
    DrainOptions options;
    options.min_accept = 0ms;
    const auto done = server.drain(DrainMode::graceful, options);
    // New connections are still served, with the hint.
    CHECK(eventually([&] {
        return has(TestClient(transport, server.port()).exchange(kGet), "Connection: close");
    }));
    CHECK_FALSE(done());
    // A connection from before is served too: the API server does not know that we are leaving.
    const std::string last = idle.exchange(kGet);
    CHECK(body(last) == "hello");
    CHECK(has(last, "Connection: close"));
    CHECK(idle.receive_rest().empty());
    CHECK(eventually(done));
    CHECK_FALSE(TestClient(transport, server.port()).connected());
}

TEST_CASE("draining waits for the least time of accepting", "[http][server][drain]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    DrainOptions options;
    options.min_accept = 200ms;
    const auto begin = std::chrono::steady_clock::now();
    const auto done = server.drain(DrainMode::graceful, options);
    CHECK(eventually(done));
    CHECK(std::chrono::steady_clock::now() - begin >= 200ms);
}

TEST_CASE("idle connections are let go when the drain time is over", "[http][server][drain]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient idle(Transport::plain, server.port());
    CHECK(body(idle.exchange(kGet)) == "hello");
    DrainOptions options;
    options.min_accept = 0ms;
    options.drain_idle = 50ms;
    const auto done = server.drain(DrainMode::graceful, options);
    CHECK(idle.receive_rest().empty());
    CHECK(eventually(done));
}

TEST_CASE("a fast drain finishes what is running and drops the idle", "[http][server][drain]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient idle(Transport::plain, server.port());
    CHECK(body(idle.exchange(kGet)) == "hello");
    TestClient running(Transport::plain, server.port());
    running.send("POST /size HTTP/1.1\r\nContent-Length: 2\r\n\r\na");
    CHECK(eventually([&] { return server.load().in_flight == 1; }));
    const auto done = server.drain(DrainMode::fast, {});
    CHECK(idle.receive_rest().empty());
    CHECK_FALSE(done());
    running.send("b");
    CHECK(body(running.receive()) == "2");
    CHECK(eventually(done));
}

TEST_CASE("who never ends is cut at the end of the drain", "[http][server][drain]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient stuck(Transport::plain, server.port());
    stuck.send("POST /size HTTP/1.1\r\nContent-Length: 2\r\n\r\na");
    CHECK(eventually([&] { return server.load().in_flight == 1; }));
    DrainOptions options;
    options.cut = 50ms;
    const auto done = server.drain(DrainMode::fast, options);
    CHECK(stuck.receive_rest().empty());
    CHECK(eventually(done));
}

}  // namespace
}  // namespace lws::http
