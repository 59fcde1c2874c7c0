// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lws::http {

enum class Method { get, head, post, other };

// One request as a handler sees it. Views are valid during the call only.
struct Request {
    Method method = Method::other;
    std::string_view path;  // without the query
    std::string_view content_type;
    // May be moved from. Of a body over the route's limit it holds the first `max_body` bytes.
    std::string body;
};

struct Response {
    unsigned status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";  // must outlive the response
    std::string body;
    // Of a 503: seconds after which the client may come again; 0 writes no header.
    unsigned retry_after = 0;
};

// Runs to its end on the connection's thread, so it must not block; handlers of a server with
// several threads are called concurrently. What it throws becomes a 500.
using Handler = std::function<void(Request&, Response&)>;

struct Route {
    std::string path;
    // GET serves HEAD too.
    Method method = Method::get;
    // Bodies are cut here; the handler tells by the size that there was more. The most that any
    // route may ask for is kMaxBody.
    std::size_t max_body = 0;
    Handler handler;
};

inline constexpr std::size_t kMaxBody = std::size_t{8} * 1024 * 1024;

// An exact-path table, filled before the server starts and only read afterwards.
class Router {
public:
    void add(Route route);

    struct Match {
        const Route* route = nullptr;
        // Set when the path is known and the method is not: the methods for the Allow header.
        std::string_view allow;
    };
    [[nodiscard]] Match find(Method method, std::string_view path) const;

private:
    struct Path {
        std::string path;
        std::string allow;
        std::vector<Route> routes;
    };
    std::vector<Path> paths_;
};

}  // namespace lws::http
