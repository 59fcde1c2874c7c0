// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "pkg/lws/http/testing/test_server.hpp"

// Requests, what is in their answers, and the routes that the server's tests talk to.
namespace lws::http::testing {

inline constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

inline std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

inline std::string status(const std::string& response) {
    return response.substr(0, response.find("\r\n"));
}

inline std::string body(const std::string& response) {
    const std::size_t end = response.find("\r\n\r\n");
    return end == std::string::npos ? "" : response.substr(end + 4);
}

inline bool has(const std::string& response, std::string_view field) {
    return response.find("\r\n" + std::string(field) + "\r\n") != std::string::npos;
}

inline void add_routes(Router& router) {
    router.add({"/hello", Method::get, 0, [](Request&, Response& r) { r.body = "hello"; }});
    router.add({"/size", Method::post, std::size_t{1} << 20, [](Request& request, Response& r) {
                    r.body = std::to_string(request.body.size());
                }});
    router.add({"/type", Method::post, 100, [](Request& request, Response& r) {
                    r.body = request.content_type;
                }});
    router.add({"/throw", Method::get, 0, [](Request&, Response&) {
                    throw std::runtime_error("broken");
                }});
    router.add({"/large", Method::get, 0, [](Request&, Response& r) {
                    r.body.assign(std::size_t{1} << 20, 'x');
                }});
}

}  // namespace lws::http::testing
