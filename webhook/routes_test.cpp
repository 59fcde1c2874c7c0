// SPDX-License-Identifier: Apache-2.0
#include "webhook/routes.hpp"

#include <prometheus/text_serializer.h>

#include <catch2/catch.hpp>

#include "pkg/lws/http/testing/test_server.hpp"
#include "pkg/lws/json/document.hpp"
#include "webhook/review_request.hpp"

namespace lws::webhook {
namespace {

using http::testing::TestClient;
using http::testing::TestServer;
using http::testing::Transport;

std::string post(std::string_view path, std::string_view type, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

struct Answer {
    std::string status;
    json::Document review;

    [[nodiscard]] json::View response() const { return review.root()["response"]; }
};

Answer read(const std::string& response) {
    const std::size_t end = response.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    CHECK(response.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    auto review = json::parse(response.substr(end + 4));
    REQUIRE(review.has_value());
    CHECK(review->root()["kind"].string() == "AdmissionReview");
    return {response.substr(0, response.find("\r\n")), std::move(review).value()};
}

std::string scrape(const WebhookMetrics& metrics) {
    return prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
}

constexpr std::string_view kPodPath = "/mutate--v1-pod";
constexpr std::string_view kForeignPod =
    R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",
        "operation":"CREATE","object":{"kind":"Pod","metadata":{"name":"p","namespace":"n"}}}})";

TEST_CASE("a review over TLS is answered with its uid", "[webhook][routes]") {
    WebhookMetrics metrics;
    TestServer server(Transport::tls);
    add_review_routes(server.router, {}, metrics, make_null_logger());
    server.start();
    TestClient client(Transport::tls, server.port());
    const auto answer = read(client.exchange(
        post(std::string(kPodPath) + "?timeout=10s", "application/json", kForeignPod)
    ));
    CHECK(answer.status == "HTTP/1.1 200 OK");
    CHECK(answer.response()["uid"].string() == "u-1");
    CHECK(answer.response()["allowed"].boolean() == true);
}

struct Bad {
    std::string name;
    std::string type;
    std::string body;
    std::int64_t code;
};

TEST_CASE(
    "what is no review is refused inside a review on the same connection", "[webhook][routes]"
) {
    const auto c = GENERATE(values<Bad>({
        {"not JSON", "application/json", "hello", 400},
        {"empty", "application/json", "", 400},
        {"wrong type", "text/plain", std::string(kForeignPod), 400},
        {"200 levels", "application/json", std::string(200, '[') + std::string(200, ']'), 400},
        {"no uid and no object", "application/json", R"({"request":{"operation":"CREATE"}})", 400},
    }));
    DYNAMIC_SECTION(c.name) {
        WebhookMetrics metrics;
        TestServer server(Transport::tls);
        add_review_routes(server.router, {}, metrics, make_null_logger());
        server.start();
        TestClient client(Transport::tls, server.port());
        const auto answer = read(client.exchange(post(kPodPath, c.type, c.body)));
        CHECK(answer.status == "HTTP/1.1 200 OK");
        CHECK(answer.response()["allowed"].boolean() == false);
        CHECK(answer.response()["status"]["code"].int64() == c.code);
        const auto next = read(client.exchange(post(kPodPath, "application/json", kForeignPod)));
        CHECK(next.response()["allowed"].boolean() == true);
    }
}

TEST_CASE("7 MiB and more are refused with 413 inside a review", "[webhook][routes]") {
    // values<>(): GENERATE of a constant by name keeps a reference to it and to its neighbours.
    const auto size = GENERATE(values<std::size_t>(
        {kMaxReviewBytes, kMaxReviewBytes + 1, std::size_t{8} << 20, std::size_t{20} << 20}
    ));
    WebhookMetrics metrics;
    TestServer server(Transport::tls);
    add_review_routes(server.router, {}, metrics, make_null_logger());
    server.start();
    TestClient client(Transport::tls, server.port());
    const auto answer =
        read(client.exchange(post(kPodPath, "application/json", std::string(size, ' '))));
    CHECK(answer.status == "HTTP/1.1 200 OK");
    CHECK(answer.response()["allowed"].boolean() == false);
    CHECK(answer.response()["status"]["code"].int64() == 413);
    const auto next = read(TestClient(Transport::tls, server.port())
                               .exchange(post(kPodPath, "application/json", kForeignPod)));
    CHECK(next.response()["allowed"].boolean() == true);
}

TEST_CASE("reviews that are refused leave nothing behind", "[webhook][routes]") {
    const std::size_t million = 1'000'000;
    std::string members = "{";
    for (std::size_t i = 0; i < million / 10; ++i) {
        members += '"' + std::to_string(i) + "\":0,";
    }
    const std::vector<std::string> bodies = {
        std::string(million, '['),
        std::string(million, '{'),
        std::string(million, '"'),
        std::string(million, '\xff'),
        std::string(million, '\0'),
        members + "\"\":0}",
        std::string(kMaxReviewBytes - 1, ' '),
        std::string(kMaxReviewBytes, '['),
        std::string(kForeignPod.substr(0, kForeignPod.size() - 1)),
    };
    WebhookMetrics metrics;
    TestServer server(Transport::tls);
    add_review_routes(server.router, {}, metrics, make_null_logger());
    server.start();
    for (const std::string& body : bodies) {
        TestClient client(Transport::tls, server.port());
        const auto answer = read(client.exchange(post(kPodPath, "application/json", body)));
        CHECK(answer.response()["allowed"].boolean() == false);
        TestClient next(Transport::tls, server.port());
        const auto good = read(next.exchange(post(kPodPath, "application/json", kForeignPod)));
        CHECK(good.response()["allowed"].boolean() == true);
    }
    CHECK(http::testing::eventually([&] {
        const auto load = server.load();
        return load.connections == 0 && load.in_flight == 0 && load.body_bytes == 0;
    }));
}

TEST_CASE("other paths and methods are no reviews", "[webhook][routes]") {
    WebhookMetrics metrics;
    TestServer server(Transport::tls);
    add_review_routes(server.router, {}, metrics, make_null_logger());
    server.start();
    TestClient client(Transport::tls, server.port());
    CHECK(client.exchange("GET /mutate--v1-pod HTTP/1.1\r\n\r\n").find("HTTP/1.1 405 ") == 0);
    CHECK(
        client.exchange("POST /convert HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            .find("HTTP/1.1 404 ") == 0
    );
}

TEST_CASE(
    "the series of controller-runtime's dashboards exist at zero and count", "[webhook][metrics]"
) {
    WebhookMetrics metrics;
    http::Router router;
    add_review_routes(router, {}, metrics, make_null_logger());
    const std::string before = scrape(metrics);
    for (const std::string_view path :
         {"/mutate-leaderworkerset-x-k8s-io-v1-leaderworkerset",
          "/validate-leaderworkerset-x-k8s-io-v1-leaderworkerset",
          "/mutate--v1-pod",
          "/validate--v1-pod"}) {
        const std::string webhook = "webhook=\"" + std::string(path) + '"';
        CHECK(
            before.find("controller_runtime_webhook_latency_seconds_count{" + webhook + "} 0\n") !=
            std::string::npos
        );
        CHECK(
            before.find("controller_runtime_webhook_requests_in_flight{" + webhook + "} 0\n") !=
            std::string::npos
        );
        CHECK(before.find("lws_webhook_denied_total{" + webhook + "} 0\n") != std::string::npos);
    }
    CHECK(
        before.find(
            "controller_runtime_webhook_requests_total{code=\"200\",webhook=\"" +
            std::string(kPodPath) + "\"} 0\n"
        ) != std::string::npos
    );
    CHECK(
        before.find("lws_certificate_expiry_timestamp_seconds{certificate=\"serving\"} 0\n") !=
        std::string::npos
    );

    const auto match = router.find(http::Method::post, kPodPath);
    http::Request request;
    http::Response response;
    request.content_type = "application/json";
    request.body = "not JSON";
    match.route->handler(request, response);
    const std::string after = scrape(metrics);
    CHECK(
        after.find(
            "controller_runtime_webhook_requests_total{code=\"200\",webhook=\"" +
            std::string(kPodPath) + "\"} 1\n"
        ) != std::string::npos
    );
    CHECK(
        after.find("lws_webhook_denied_total{webhook=\"" + std::string(kPodPath) + "\"} 1\n") !=
        std::string::npos
    );
    CHECK(
        after.find(
            "controller_runtime_webhook_latency_seconds_count{webhook=\"" + std::string(kPodPath) +
            "\"} 1\n"
        ) != std::string::npos
    );
}

}  // namespace
}  // namespace lws::webhook
