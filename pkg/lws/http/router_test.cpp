// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/router.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/http/response_head.hpp"

namespace lws::http {
namespace {

Router router() {
    Router result;
    const Handler nothing = [](Request&, Response&) {};
    result.add({"/read", Method::get, 0, nothing});
    result.add({"/write", Method::post, 10, nothing});
    result.add({"/both", Method::get, 0, nothing});
    result.add({"/both", Method::post, std::size_t{1} << 40, nothing});
    return result;
}

TEST_CASE("a known path and method leads to its route, HEAD to that of GET", "[http]") {
    const Router routes = router();
    CHECK(routes.find(Method::get, "/read").route->path == "/read");
    CHECK(routes.find(Method::head, "/read").route->method == Method::get);
    CHECK(routes.find(Method::post, "/write").route->max_body == 10);
    CHECK(routes.find(Method::post, "/both").route->method == Method::post);
}

TEST_CASE("no route asks for more body than the server's hard limit", "[http]") {
    CHECK(router().find(Method::post, "/both").route->max_body == kMaxBody);
}

TEST_CASE("a known path with another method names the methods it has", "[http]") {
    const Router routes = router();
    CHECK(routes.find(Method::post, "/read").route == nullptr);
    CHECK(routes.find(Method::post, "/read").allow == "GET, HEAD");
    CHECK(routes.find(Method::get, "/write").allow == "POST");
    CHECK(routes.find(Method::other, "/both").allow == "GET, HEAD, POST");
}

TEST_CASE("paths are matched exactly", "[http]") {
    const Router routes = router();
    const auto path =
        GENERATE(values<std::string>({"", "/", "/rea", "/read/", "/READ", "/read/x"}));
    DYNAMIC_SECTION('"' << path << '"') {
        const auto match = routes.find(Method::get, path);
        CHECK(match.route == nullptr);
        CHECK(match.allow.empty());
    }
}

TEST_CASE("a response head carries what the client must know and no more", "[http]") {
    Response response;
    response.body = "four";
    HeadOptions options;
    std::string head;
    append_head(head, response, options);
    CHECK(
        head ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n\r\n"
    );
    response.status = 503;
    response.retry_after = 1;
    options.persistence = Persistence::close;
    options.date = "now";
    options.allow = "POST";
    head.clear();
    append_head(head, response, options);
    CHECK(
        head ==
        "HTTP/1.1 503 Service Unavailable\r\nDate: now\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\nConnection: close\r\n"
        "Allow: POST\r\nRetry-After: 1\r\n\r\n"
    );
}

}  // namespace
}  // namespace lws::http
