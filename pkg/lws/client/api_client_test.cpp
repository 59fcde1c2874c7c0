// SPDX-License-Identifier: Apache-2.0
// The client against a scripted server over loopback TLS, which fails each step in turn.
#include "pkg/lws/client/api_client.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "pkg/lws/client/api_client_fixture.hpp"

using namespace lws;
using namespace lws::client;
using namespace lws::testing;
using namespace std::chrono_literals;

TEST_CASE("a request carries who we are and its answer is a document", "[client][api_client]") {
    ClientWorld w;
    w.settings.token = "secret";
    w.settings.base_path = "/base";
    w.options.user_agent = "lws/1 (linux/amd64) abc";
    w.server->expect(answer(201, R"({"kind":"Pod","metadata":{"uid":"u"}})"));
    const auto pod = w.call(create_pod());
    REQUIRE(pod.has_value());
    CHECK(pod->root()["metadata"]["uid"].string() == "u");
    REQUIRE(w.server->requests().size() == 1);
    const SeenRequest& seen = w.server->requests()[0];
    CHECK(seen.method == "POST");
    CHECK(seen.target == "/base/api/v1/namespaces/ns/pods?fieldManager=lws");
    CHECK(seen.host == "127.0.0.1:" + std::to_string(w.server->port()));
    CHECK(seen.authorization == "Bearer secret");
    CHECK(seen.user_agent == "lws/1 (linux/amd64) abc");
    CHECK(seen.content_type == "application/json");
    CHECK(seen.body == R"({"kind":"Pod"})");
}

TEST_CASE("connections are kept for the next request", "[client][api_client]") {
    ClientWorld w;
    for (int i = 0; i < 5; ++i) w.server->expect(answer(200, "{}"));
    for (int i = 0; i < 5; ++i) REQUIRE(w.call(get_pod()).has_value());
    CHECK(w.server->connections() == 1);
}

TEST_CASE("an answer with Connection: close ends the connection", "[client][api_client]") {
    ClientWorld w;
    w.server->expect(answer(200, "{}", "Connection: close\r\n"));
    w.server->expect(answer(200, "{}"));
    REQUIRE(w.call(get_pod()).has_value());
    REQUIRE(w.call(get_pod()).has_value());
    CHECK(w.server->connections() == 2);
}

TEST_CASE("no more connections than allowed are opened", "[client][api_client]") {
    ClientWorld w;
    w.options.max_connections = 2;
    ApiClient& client = w.connect();
    int done = 0;
    for (int i = 0; i < 10; ++i) {
        w.server->expect(answer(200, "{}"));
        boost::asio::co_spawn(
            w.io,
            client.call(get_pod()),
            [&done](std::exception_ptr, Result<json::Document> result) {
                CHECK(result.has_value());
                ++done;
            }
        );
    }
    w.run_until([&done] { return done == 10; });
    CHECK(w.server->connections() == 2);
    CHECK(w.server->requests().size() == 10);
}

TEST_CASE("idle connections are closed", "[client][api_client]") {
    ClientWorld w;
    w.options.idle_timeout = std::chrono::seconds(0);
    w.server->expect(answer(200, "{}"));
    w.server->expect(answer(200, "{}"));
    REQUIRE(w.call(get_pod()).has_value());
    w.io.restart();
    w.io.poll();
    REQUIRE(w.call(get_pod()).has_value());
    CHECK(w.server->connections() == 2);
}

TEST_CASE("error answers keep the server's text and say what can be done", "[client][api_client]") {
    struct Case {
        int status;
        std::string body;
        ErrorCode code;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {400, R"({"message":"bad"})", ErrorCode::invalid_input, "bad"},
        {401, R"({"message":"who"})", ErrorCode::unauthorized, "who"},
        {403, R"({"message":"no"})", ErrorCode::forbidden, "no"},
        {404, R"({"message":"pods \"p\" not found"})", ErrorCode::not_found, "pods \"p\" not found"
        },
        {409, R"({"reason":"Conflict","message":"c"})", ErrorCode::conflict, "c"},
        {409, R"({"reason":"AlreadyExists","message":"a"})", ErrorCode::already_exists, "a"},
        {410, R"({"message":"g"})", ErrorCode::gone, "g"},
        {422, R"({"message":"u"})", ErrorCode::unprocessable, "u"},
        {429, R"({"message":"t"})", ErrorCode::too_many_requests, "t"},
        {500, "<html>", ErrorCode::unavailable, "HTTP status 500"},
        {503, "", ErrorCode::unavailable, "HTTP status 503"},
        {302, "{}", ErrorCode::internal, "HTTP status 302"},
    }));
    DYNAMIC_SECTION(c.status << " " << c.body) {
        ClientWorld w;
        w.server->expect(answer(c.status, c.body));
        const auto result = w.call(get_pod());
        CHECK(code_of(result) == c.code);
        CHECK(result.error().message == c.message);
        CHECK(w.server->requests().size() == 1);
    }
}

TEST_CASE("a refused connection is unavailable and names the address", "[client][api_client]") {
    ClientWorld w;
    w.server->stop();
    const auto result = w.call(get_pod());
    CHECK(code_of(result) == ErrorCode::unavailable);
    CHECK_THAT(
        result.error().message,
        Catch::StartsWith("GET /api/v1/namespaces/ns/pods/p: connect to 127.0.0.1:")
    );
}

TEST_CASE("a server of another authority is refused", "[client][api_client]") {
    ClientWorld w;
    w.settings.ca.pem = make_test_certificates("127.0.0.1").ca;
    const auto result = w.call(get_pod());
    CHECK(code_of(result) == ErrorCode::unavailable);
    CHECK_THAT(result.error().message, Catch::Contains("server certificate: "));
    CHECK(w.server->requests().empty());
}

TEST_CASE("a certificate for another name or address is refused", "[client][api_client]") {
    const std::string name = GENERATE("api.example", "127.0.0.2");
    DYNAMIC_SECTION(name) {
        ClientWorld w(make_test_certificates(name));
        const auto result = w.call(get_pod());
        CHECK(code_of(result) == ErrorCode::unavailable);
        CHECK_THAT(result.error().message, Catch::Contains("mismatch"));
        CHECK(w.server->requests().empty());
    }
}

TEST_CASE("tls-server-name replaces the host in the check", "[client][api_client]") {
    ClientWorld w(make_test_certificates("api.example"));
    w.settings.server_name = "api.example";
    w.server->expect(answer(200, "{}"));
    CHECK(w.call(get_pod()).has_value());
}

TEST_CASE("verification can be switched off and only then is", "[client][api_client]") {
    ClientWorld w(make_test_certificates("other"));
    w.settings.insecure_skip_tls_verify = true;
    w.settings.ca.pem.clear();
    w.server->expect(answer(200, "{}"));
    CHECK(w.call(get_pod()).has_value());
}

TEST_CASE("a client certificate is presented", "[client][api_client]") {
    ClientWorld w;
    const TestCertificates ours = make_test_certificates("client");
    w.server->require_client_certificate(ours.ca);
    w.server->expect(answer(200, "{}"));
    SECTION("with it") {
        w.settings.client_certificate.pem = ours.certificate;
        w.settings.client_key.pem = ours.key;
        CHECK(w.call(get_pod()).has_value());
    }
    SECTION("without it") {
        CHECK(code_of(w.call(get_pod())) == ErrorCode::unavailable);
    }
    SECTION("with the key of another") {
        w.settings.client_certificate.pem = ours.certificate;
        w.settings.client_key.pem = make_test_certificates("x").key;
        CHECK(code_of(w.call(get_pod())) == ErrorCode::invalid_input);
    }
}

TEST_CASE("a half answer is unavailable", "[client][api_client]") {
    const std::string bytes = GENERATE(
        as<std::string>{},
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":"
    );
    DYNAMIC_SECTION(bytes) {
        ClientWorld w;
        w.server->expect(Step(bytes, Then::close));
        w.server->expect(answer(200, "{}"));
        CHECK(code_of(w.call(get_pod())) == ErrorCode::unavailable);
        CHECK(w.call(get_pod()).has_value());
    }
}

TEST_CASE("garbage instead of an answer is an error", "[client][api_client]") {
    struct Case {
        std::string name;
        std::string bytes;
        ErrorCode code;
    };
    const auto c = GENERATE(values<Case>({
        {"no HTTP", "SSH-2.0-OpenSSH_9\r\n\r\n", ErrorCode::unavailable},
        {"no JSON", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", ErrorCode::invalid_input},
        {"huge header",
         "HTTP/1.1 200 OK\r\nX: " + std::string(100000, 'x') + "\r\n\r\n",
         ErrorCode::too_large},
    }));
    DYNAMIC_SECTION(c.name) {
        ClientWorld w;
        w.server->expect(Step(c.bytes, Then::close));
        CHECK(code_of(w.call(get_pod())) == c.code);
    }
}

TEST_CASE("an answer over the limit is refused, announced or not", "[client][api_client]") {
    ClientWorld w;
    w.options.max_body_bytes = 1000;
    SECTION("announced") {
        w.server->expect(answer(200, std::string(1001, ' ')));
    }
    SECTION("in chunks without end") {
        std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (int i = 0; i < 200; ++i) chunks += "a\r\n0123456789\r\n";
        w.server->expect(Step(chunks, Then::hold));
    }
    SECTION("until the end of the connection, which never comes") {
        const std::string bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(65536, ' ');
        w.server->expect(Step(bytes, Then::endless));
    }
    CHECK(code_of(w.call(get_pod())) == ErrorCode::too_large);
}

TEST_CASE("a silent or slow server meets the deadline", "[client][api_client]") {
    const std::string bytes = GENERATE(
        as<std::string>{},
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"
    );
    DYNAMIC_SECTION(bytes) {
        ClientWorld w;
        w.server->expect(Step(bytes, Then::hold));
        CHECK(code_of(w.call(get_pod(), 300ms)) == ErrorCode::timeout);
    }
}

TEST_CASE("the client-side rate limit is kept", "[client][api_client]") {
    ClientWorld w;
    w.options.qps = 0.001;
    w.options.burst = 2;
    for (int i = 0; i < 2; ++i) w.server->expect(answer(200, "{}"));
    CHECK(w.call(get_pod()).has_value());
    CHECK(w.call(get_pod()).has_value());
    CHECK(code_of(w.call(get_pod())) == ErrorCode::timeout);
    CHECK(w.server->requests().size() == 2);
}

TEST_CASE("a fence stops requests before they are sent", "[client][api_client]") {
    ClientWorld w;
    ApiClient& client = w.connect();
    std::chrono::milliseconds allowed{0};
    client.set_allowance([&allowed](const Request&) { return allowed; });
    CHECK(code_of(w.call(create_pod())) == ErrorCode::cancelled);
    CHECK(w.server->connections() == 0);
    allowed = std::chrono::milliseconds::max();
    w.server->expect(answer(201, "{}"));
    CHECK(w.call(create_pod()).has_value());
    allowed = 200ms;
    w.server->expect(Step("", Then::hold));
    CHECK(code_of(w.call(create_pod())) == ErrorCode::timeout);
}

TEST_CASE("a fence that falls while a request waits stops it", "[client][api_client]") {
    ClientWorld w;
    w.options.max_connections = 1;
    ApiClient& client = w.connect();
    std::chrono::milliseconds allowed = std::chrono::milliseconds::max();
    client.set_allowance([&allowed](const Request& request) {
        return request.verb == Verb::get ? std::chrono::milliseconds::max() : allowed;
    });
    int answers = 0;
    std::optional<Result<json::Document>> created;
    w.server->expect(Step("", Then::hold));
    const auto count = [&answers](std::exception_ptr, Result<json::Document>) { ++answers; };
    boost::asio::co_spawn(w.io, client.call(get_pod()), count);
    w.run_until([&w] { return w.server->requests().size() == 1; });
    boost::asio::co_spawn(
        w.io,
        client.call(create_pod()),
        [&created](std::exception_ptr, Result<json::Document> result) {
            created = std::move(result);
        }
    );
    w.io.restart();
    w.io.poll();
    REQUIRE_FALSE(created.has_value());
    // The one connection is given on to a request that might have been sent a moment ago.
    allowed = 0ms;
    w.server->drop_connections();
    w.run_until([&] { return answers == 1 && created.has_value(); });
    CHECK(code_of(*created) == ErrorCode::cancelled);
    CHECK(w.server->requests().size() == 1);
}

TEST_CASE("stop ends what is running and refuses what comes", "[client][api_client]") {
    ClientWorld w;
    ApiClient& client = w.connect();
    w.server->expect(Step("", Then::hold));
    std::optional<Result<json::Document>> result;
    boost::asio::co_spawn(
        w.io,
        client.call(get_pod()),
        [&result](std::exception_ptr, Result<json::Document> r) { result.emplace(std::move(r)); }
    );
    w.run_until([&w] { return w.server->requests().size() == 1; });
    client.stop();
    w.run_until([&result] { return result.has_value(); });
    CHECK(code_of(*result) == ErrorCode::cancelled);
    CHECK(code_of(w.call(get_pod())) == ErrorCode::cancelled);
}

TEST_CASE("every exchange is reported once", "[client][api_client]") {
    ClientWorld w;
    std::vector<int> codes;
    w.options.on_call = [&codes](const CallRecord& record) {
        codes.push_back(record.code);
        CHECK(record.verb == Verb::get);
        CHECK(record.latency > 0ns);
    };
    w.server->expect(answer(200, "{}"));
    w.server->expect(answer(404, "{}"));
    (void)w.call(get_pod());
    (void)w.call(get_pod());
    w.server->stop();
    (void)w.call(get_pod());
    CHECK(codes == std::vector<int>{200, 404, 0});
    CHECK(w.client->unreachable());
}
