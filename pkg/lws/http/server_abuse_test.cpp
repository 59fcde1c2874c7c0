// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <list>

#include "pkg/lws/http/testing/exchange.hpp"
#include "pkg/lws/http/testing/raw_tls_client.hpp"

// Whatever clients do, the server answers the next one, and nothing of theirs stays behind.
namespace lws::http {
namespace {

using namespace std::chrono_literals;
using namespace testing;

bool nothing_left(const TestServer& server) {
    const auto load = server.load();
    return load.connections == 0 && load.in_flight == 0 && load.body_bytes == 0;
}

// What is sent before the client goes, and whether it goes with a reset.
struct Attack {
    std::string name;
    std::string sent;
    bool reset = false;
};

std::vector<Attack> attacks() {
    const std::string promise =
        "POST /size HTTP/1.1\r\nContent-Length: " + std::to_string(std::size_t{1} << 20) +
        "\r\n\r\n";
    std::string pipelined;
    for (int i = 0; i < 500; ++i) {
        pipelined += "GET /large HTTP/1.1\r\n\r\n";
    }
    return {
        {"nothing at all", ""},
        {"half a request line", "GET /hel"},
        {"half a header", "GET /hello HTTP/1.1\r\nHost: lo"},
        {"a body that never comes", promise},
        {"half a body", promise + std::string(600'000, 'x')},
        {"half a body, then a reset", promise + std::string(600'000, 'x'), true},
        {"a body over the limit, half of it", post("/type", std::string(200'000, 'x'))},
        {"half a chunk", "POST /size HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"},
        {"a chunk of no number", "POST /size HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
        {"a chunk that overflows",
         "POST /size HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"},
        {"a header without end", "GET /hello HTTP/1.1\r\nX: " + std::string(100'000, 'x')},
        {"very many fields",
         "GET /hello HTTP/1.1\r\n" +
             [] {
                 std::string fields;
                 for (int i = 0; i < 5'000; ++i) {
                     fields += "X: y\r\n";
                 }
                 return fields;
             }()},
        {"binary", std::string(5'000, '\xff')},
        {"zeros", std::string(5'000, '\0')},
        {"answers that nobody reads", pipelined},
        {"answers that nobody reads, then a reset", pipelined, true},
    };
}

TEST_CASE("what a client leaves unfinished leaves nothing behind", "[http][server][abuse]") {
    TestServer server(Transport::tls);
    add_routes(server.router);
    server.start();
    for (const Attack& attack : attacks()) {
        INFO(attack.name);
        for (int i = 0; i < 5; ++i) {
            RawTlsClient client(server.port());
            REQUIRE(client.connected());
            client.send(attack.sent);
            client.hang_up(attack.reset);
        }
        REQUIRE(body(TestClient(Transport::tls, server.port()).exchange(kGet)) == "hello");
        REQUIRE(eventually([&] { return nothing_left(server); }));
    }
}

TEST_CASE("bytes that are no TLS leave nothing behind", "[http][server][abuse]") {
    TestServer server(Transport::tls);
    add_routes(server.router);
    server.start();
    // A handshake record of a length that no record has, one that says it is SSL 2, one that lies
    // about the length of its hello, and an alert that comes first.
    const std::vector<std::string> greetings = {
        std::string("\x16\x03\x01\xff\xff\x01\x00\xff\xfb\x03\x03", 11) + std::string(70'000, 'x'),
        std::string("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11) + std::string(100, 'x'),
        std::string("\x16\x03\x01\x00\x05\x01\xff\xff\xff\x03", 10),
        std::string("\x15\x03\x03\x00\x02\x02\x28", 7),
        std::string(20'000, '\0'),
        std::string(20'000, '\xff'),
        std::string(kGet),
    };
    for (const std::string& greeting : greetings) {
        for (int i = 0; i < 5; ++i) {
            asio::io_context context;
            auto socket = connect_raw(context, server.port());
            boost::system::error_code ignored;
            asio::write(socket, asio::buffer(greeting), ignored);
        }
        REQUIRE(body(TestClient(Transport::tls, server.port()).exchange(kGet)) == "hello");
        REQUIRE(eventually([&] { return nothing_left(server); }));
    }
}

TEST_CASE("garbage past TLS ends its connection and no other", "[http][server][abuse]") {
    TestServer server(Transport::tls);
    add_routes(server.router);
    server.start();
    TestClient other(Transport::tls, server.port());
    CHECK(body(other.exchange(kGet)) == "hello");
    {
        RawTlsClient client(server.port());
        client.send("POST /size HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc");
        client.send_raw(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
        CHECK(client.receive(1).empty());
    }
    CHECK(eventually([&] { return server.load().connections == 1; }));
    CHECK(server.load().ended == 1);
    CHECK(server.load().in_flight == 0);
    CHECK(body(other.exchange(kGet)) == "hello");
}

struct Trickle {
    std::string name;
    std::chrono::milliseconds Deadlines::* deadline;
    std::string begin;
};

// A deadline is that of the whole step: a byte now and then does not put it off.
TEST_CASE("who trickles is cut like who is silent", "[http][server][abuse][deadline]") {
    const auto c = GENERATE(values<Trickle>({
        {"header", &Deadlines::header, "GET /hello"},
        {"body", &Deadlines::body, "POST /size HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"},
    }));
    DYNAMIC_SECTION(c.name) {
        ServerOptions options;
        options.deadlines.*c.deadline = 20ms;
        TestServer server(Transport::tls, options);
        add_routes(server.router);
        server.start();
        TestClient client(Transport::tls, server.port());
        client.send(c.begin);
        const auto begin = std::chrono::steady_clock::now();
        bool open = true;
        while (open && std::chrono::steady_clock::now() - begin < 10s) {
            open = client.send("x");
        }
        CHECK_FALSE(open);
        CHECK(eventually([&] { return nothing_left(server); }));
        CHECK(client.receive_rest().empty());
        CHECK(body(TestClient(Transport::tls, server.port()).exchange(kGet)) == "hello");
    }
}

TEST_CASE("hundreds of idle connections delay nobody", "[http][server]") {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    ServerOptions options;
    options.deadlines.rest = 1ms;
    TestServer server(transport, options);
    add_routes(server.router);
    server.start();
    std::list<TestClient> held;
    for (int i = 0; i < 200; ++i) {
        REQUIRE(held.emplace_back(transport, server.port()).connected());
    }
    CHECK(eventually([&] { return server.load().connections == 200; }));
    TestClient client(transport, server.port());
    for (int i = 0; i < 20; ++i) {
        REQUIRE(body(client.exchange(kGet)) == "hello");
    }
    for (TestClient& idle : held) {
        REQUIRE(body(idle.exchange(kGet)) == "hello");
    }
    held.clear();
    CHECK(eventually([&] { return server.load().connections == 1; }));
}

TEST_CASE("a connection that gave back its buffers serves on", "[http][server]") {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    ServerOptions options;
    options.deadlines.rest = 1ms;
    TestServer server(transport, options);
    add_routes(server.router);
    server.start();
    TestClient client(transport, server.port());
    for (int i = 0; i < 5; ++i) {
        const auto rested = std::chrono::steady_clock::now() + 10ms;
        CHECK(eventually([&] { return std::chrono::steady_clock::now() > rested; }));
        CHECK(body(client.exchange(post("/size", std::string(100'000, 'x')))) == "100000");
        CHECK(body(client.exchange("GET /large HTTP/1.1\r\n\r\n")).size() == std::size_t{1} << 20);
        // Of two requests at once the second is there before the first is answered.
        client.send(std::string(kGet) + std::string(kGet));
        CHECK(body(client.receive()) == "hello");
        CHECK(body(client.receive()) == "hello");
    }
}

}  // namespace
}  // namespace lws::http
