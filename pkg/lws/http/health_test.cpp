// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/health.hpp"

#include <catch2/catch.hpp>

namespace lws::http {
namespace {

Response answer(const Router& router, const std::string& path) {
    const auto match = router.find(Method::get, path);
    REQUIRE(match.route != nullptr);
    Request request;
    Response response;
    match.route->handler(request, response);
    return response;
}

TEST_CASE("readiness wants every condition and names those that fail", "[http][health]") {
    bool certificate = false;
    bool bundle = true;
    Readiness readiness;
    readiness.add("certificate", [&] { return certificate; });
    readiness.add("ca-bundle", [&] { return bundle; });
    Router router;
    add_health_routes(router, "/live", "/ready", readiness);
    CHECK(answer(router, "/ready").status == 500);
    CHECK(answer(router, "/ready").body == "[-]certificate failed\n[+]ca-bundle ok\n");
    CHECK(answer(router, "/live").status == 200);
    certificate = true;
    CHECK(answer(router, "/ready").status == 200);
    CHECK(answer(router, "/ready").body == "ok");
    bundle = false;
    CHECK(answer(router, "/ready").status == 500);
}

TEST_CASE("a program that goes away is alive and never ready again", "[http][health]") {
    Readiness readiness;
    Router router;
    add_health_routes(router, "/healthz", "/readyz", readiness);
    CHECK(answer(router, "/readyz").status == 200);
    readiness.shut_down();
    CHECK(answer(router, "/readyz").status == 500);
    CHECK(answer(router, "/readyz").body == "[-]shutdown failed\n");
    CHECK(answer(router, "/healthz").status == 200);
}

}  // namespace
}  // namespace lws::http
