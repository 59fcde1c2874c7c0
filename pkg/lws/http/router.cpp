// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/router.hpp"

#include <algorithm>

namespace lws::http {

void Router::add(Route route) {
    route.max_body = std::min(route.max_body, kMaxBody);
    auto entry = std::find_if(paths_.begin(), paths_.end(), [&](const Path& candidate) {
        return candidate.path == route.path;
    });
    if (entry == paths_.end()) {
        entry = paths_.insert(paths_.end(), Path{route.path, "", {}});
    }
    entry->allow += entry->allow.empty() ? "" : ", ";
    entry->allow += route.method == Method::post ? "POST" : "GET, HEAD";
    entry->routes.push_back(std::move(route));
}

Router::Match Router::find(Method method, std::string_view path) const {
    const Method wanted = method == Method::head ? Method::get : method;
    for (const Path& entry : paths_) {
        if (entry.path != path) {
            continue;
        }
        for (const Route& route : entry.routes) {
            if (route.method == wanted) {
                return {&route, {}};
            }
        }
        return {nullptr, entry.allow};
    }
    return {};
}

}  // namespace lws::http
