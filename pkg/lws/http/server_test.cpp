// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/server.hpp"

#include <atomic>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "pkg/lws/http/testing/exchange.hpp"

namespace lws::http {
namespace {

using namespace testing;

TEST_CASE("one connection serves many requests, pipelined ones too", "[http][server]") {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    TestServer server(transport);
    add_routes(server.router);
    server.start();
    TestClient client(transport, server.port());
    REQUIRE(client.connected());
    for (int i = 0; i < 50; ++i) {
        const std::string response = client.exchange(kGet);
        REQUIRE(status(response) == "HTTP/1.1 200 OK");
        REQUIRE(body(response) == "hello");
        REQUIRE_FALSE(has(response, "Connection: close"));
    }
    client.send(std::string(kGet) + std::string(kGet));
    CHECK(body(client.receive()) == "hello");
    CHECK(body(client.receive()) == "hello");
    CHECK(server.load().connections == 1);
}

TEST_CASE("the server answers on IPv6 and IPv4", "[http][server]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    CHECK(body(TestClient(Transport::plain, server.port(), "127.0.0.1").exchange(kGet)) == "hello");
    CHECK(body(TestClient(Transport::plain, server.port(), "::1").exchange(kGet)) == "hello");
}

TEST_CASE("unknown paths are 404, known ones with another method 405", "[http][server]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient client(Transport::plain, server.port());
    CHECK(status(client.exchange("GET /nothing HTTP/1.1\r\n\r\n")) == "HTTP/1.1 404 Not Found");
    const std::string other = client.exchange("DELETE /hello HTTP/1.1\r\n\r\n");
    CHECK(status(other) == "HTTP/1.1 405 Method Not Allowed");
    CHECK(has(other, "Allow: GET, HEAD"));
    CHECK(status(client.exchange("GET /hello?timeout=10s HTTP/1.1\r\n\r\n")) == "HTTP/1.1 200 OK");
}

TEST_CASE("HEAD has the head of GET and no body", "[http][server]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient client(Transport::plain, server.port());
    client.send("HEAD /hello HTTP/1.1\r\nConnection: close\r\n\r\n");
    const std::string response = client.receive_rest();
    CHECK(has(response, "Content-Length: 5"));
    CHECK(body(response).empty());
}

TEST_CASE("bodies arrive whole, announced or in chunks", "[http][server]") {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    TestServer server(transport);
    add_routes(server.router);
    server.start();
    TestClient client(transport, server.port());
    for (const std::size_t size : {0, 1, 16'383, 16'384, 16'385, 100'000, 1'000'000}) {
        CHECK(body(client.exchange(post("/size", std::string(size, 'x')))) == std::to_string(size));
    }
    CHECK(
        body(client.exchange("POST /size HTTP/1.1\r\nTransfer-Encoding: "
                             "chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n")) == "8"
    );
    CHECK(
        body(client.exchange(
            "POST /type HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"
        )) == "application/json"
    );
    CHECK(body(client.exchange(kGet)) == "hello");
    CHECK(server.load().body_bytes == 0);
}

TEST_CASE("a body that is announced with 100-continue is asked for", "[http][server]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient client(Transport::plain, server.port());
    client.send("POST /size HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(client.receive() == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ab");
    CHECK(body(client.receive()) == "2");
}

TEST_CASE("a body over the limit is cut, answered, and ends the connection", "[http][server]") {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    const auto chunked = GENERATE(false, true);
    TestServer server(transport);
    add_routes(server.router);
    server.start();
    TestClient client(transport, server.port());
    const std::size_t size = std::size_t{3} << 20;
    const std::string data(size, 'x');
    client.send(
        chunked ? "POST /size HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n300000\r\n" + data +
                      "\r\n0\r\n\r\n"
                : post("/size", data)
    );
    const std::string response = client.receive();
    CHECK(status(response) == "HTTP/1.1 200 OK");
    CHECK(body(response) == std::to_string(std::size_t{1} << 20));
    CHECK(has(response, "Connection: close"));
}

TEST_CASE("a body that nobody wants is not read", "[http][server]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient client(Transport::plain, server.port());
    const std::string response = client.exchange(post("/nothing", std::string(100'000, 'x')));
    CHECK(status(response) == "HTTP/1.1 404 Not Found");
    CHECK(has(response, "Connection: close"));
}

TEST_CASE("a handler that throws is a 500 and the connection lives on", "[http][server]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient client(Transport::plain, server.port());
    CHECK(
        status(client.exchange("GET /throw HTTP/1.1\r\n\r\n")) ==
        "HTTP/1.1 500 Internal Server Error"
    );
    CHECK(body(client.exchange(kGet)) == "hello");
}

TEST_CASE("large answers arrive whole", "[http][server]") {
    const auto transport = GENERATE(Transport::plain, Transport::tls);
    TestServer server(transport);
    add_routes(server.router);
    server.start();
    TestClient client(transport, server.port());
    CHECK(body(client.exchange("GET /large HTTP/1.1\r\n\r\n")).size() == std::size_t{1} << 20);
    CHECK(body(client.exchange(kGet)) == "hello");
}

struct Malformed {
    std::string name;
    std::string request;
    std::string status;
};

TEST_CASE("malformed HTTP gets its status and is closed", "[http][server]") {
    const auto c = GENERATE(values<Malformed>({
        {"no HTTP", "hello there\r\n\r\n", "HTTP/1.1 400 Bad Request"},
        {"binary",
         std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
         "HTTP/1.1 400 Bad Request"},
        {"bad version", "GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 400 Bad Request"},
        {"two lengths",
         "POST /size HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
         "HTTP/1.1 400 Bad Request"},
        {"bad length",
         "POST /size HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
         "HTTP/1.1 400 Bad Request"},
        {"large header",
         "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
         "HTTP/1.1 431 Request Header Fields Too Large"},
    }));
    DYNAMIC_SECTION(c.name) {
        TestServer server(Transport::plain);
        add_routes(server.router);
        server.start();
        TestClient client(Transport::plain, server.port());
        const std::string response = client.exchange(c.request);
        CHECK(status(response) == c.status);
        CHECK(has(response, "Connection: close"));
        CHECK(body(TestClient(Transport::plain, server.port()).exchange(kGet)) == "hello");
    }
}

TEST_CASE("a broken chunk ends the connection and nothing else", "[http][server]") {
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient client(Transport::plain, server.port());
    client.send("POST /size HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    static_cast<void>(client.receive_rest());
    CHECK(eventually([&] { return server.load().connections == 0; }));
    CHECK(server.load().in_flight == 0);
    CHECK(body(TestClient(Transport::plain, server.port()).exchange(kGet)) == "hello");
}

TEST_CASE("HTTP/1.0 and Connection: close end with the answer", "[http][server]") {
    const auto request = GENERATE(values<std::string>(
        {"GET /hello HTTP/1.0\r\n\r\n", "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"}
    ));
    TestServer server(Transport::plain);
    add_routes(server.router);
    server.start();
    TestClient client(Transport::plain, server.port());
    client.send(request);
    const std::string response = client.receive_rest();
    CHECK(body(response) == "hello");
    CHECK(has(response, "Connection: close"));
}

TEST_CASE("garbage instead of TLS is dropped and the port serves on", "[http][server][tls]") {
    TestServer server(Transport::tls);
    add_routes(server.router);
    server.start();
    asio::io_context context;
    auto socket = testing::connect_raw(context, server.port());
    asio::write(socket, asio::buffer(std::string_view("GET / HTTP/1.1\r\n\r\nnot TLS at all")));
    CHECK(eventually([&] { return server.load().connections == 0; }));
    CHECK(body(TestClient(Transport::tls, server.port()).exchange(kGet)) == "hello");
}

TEST_CASE("a new certificate serves new connections and drops none", "[http][server][tls]") {
    TestServer server(Transport::tls);
    add_routes(server.router);
    server.start();
    TestClient before(Transport::tls, server.port());
    CHECK(before.peer_common_name() == "localhost");
    const auto leaf = testing::make_test_leaf("renewed");
    server.slot.store(make_server_context(leaf.certificate_pem, leaf.key_pem, {}).value());
    TestClient after(Transport::tls, server.port());
    CHECK(after.peer_common_name() == "renewed");
    CHECK(body(before.exchange(kGet)) == "hello");
    CHECK(body(after.exchange(kGet)) == "hello");
    CHECK(after.protocol() == "TLSv1.3");
}

TEST_CASE("without a certificate connections are closed", "[http][server][tls]") {
    TestServer server(Transport::tls);
    server.slot.store(nullptr);
    server.start();
    CHECK_FALSE(TestClient(Transport::tls, server.port()).connected());
    CHECK(eventually([&] { return server.load().connections == 0; }));
}

TEST_CASE("a port that is taken is an error in one line", "[http][server]") {
    TestServer first(Transport::plain);
    first.start();
    asio::io_context context;
    Router router;
    Server second(context, {&context}, {}, router, make_null_logger());
    const auto listening = second.listen({"", first.port()});
    REQUIRE(listening.has_error());
    CHECK(listening.error().message.find("cannot listen on :" + std::to_string(first.port())) == 0);
    CHECK(second.listen({"no such host", 0}).has_error());
}

TEST_CASE("one io_context alone can accept and serve", "[http][server]") {
    asio::io_context context(1);
    Router router;
    add_routes(router);
    Server server(context, {&context}, {}, router, make_null_logger());
    REQUIRE(server.listen({"127.0.0.1", 0}).has_value());
    std::thread thread([&] { context.run(); });
    CHECK(body(TestClient(Transport::plain, server.port()).exchange(kGet)) == "hello");
    CHECK(eventually([&] { return server.load().connections == 0; }));
    context.stop();
    thread.join();
}

TEST_CASE("heads of many fields are read whole, one after the other", "[http][server]") {
    TestServer server(Transport::tls);
    add_routes(server.router);
    server.start();
    TestClient client(Transport::tls, server.port());
    for (const int fields : {1, 100, 2, 150}) {
        std::string request = "POST /type HTTP/1.1\r\nHost: localhost\r\n";
        for (int i = 0; i < fields; ++i) {
            request += "X-Field-" + std::to_string(i) + ": some value of a field\r\n";
        }
        const std::string type = "text/" + std::to_string(fields);
        request += "Content-Type: " + type + "\r\nContent-Length: 2\r\n\r\nxx";
        CHECK(body(client.exchange(request)) == type);
    }
}

TEST_CASE("who sends without end leaves the others their turn", "[http][server]") {
    asio::io_context context(1);
    Router router;
    add_routes(router);
    Server server(context, {&context}, {}, router, make_null_logger());
    REQUIRE(server.listen({"127.0.0.1", 0}).has_value());
    std::thread thread([&] { context.run(); });
    asio::io_context flooding;
    auto flood = connect_raw(flooding, server.port());
    std::atomic<bool> enough = false;
    std::thread sender([&] {
        const std::string head =
            "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n";
        const std::string block(std::size_t{256} * 1024, 'x');
        boost::system::error_code error;
        asio::write(flood, asio::buffer(head), error);
        while (!enough && !error) {
            asio::write(flood, asio::buffer(block), error);
        }
    });
    for (int i = 0; i < 20; ++i) {
        CHECK(body(TestClient(Transport::plain, server.port()).exchange(kGet)) == "hello");
    }
    enough = true;
    sender.join();
    flood.close();
    CHECK(eventually([&] { return server.load().connections == 0; }));
    context.stop();
    thread.join();
}

}  // namespace
}  // namespace lws::http
