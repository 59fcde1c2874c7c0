// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/health.hpp"

#include <algorithm>

namespace lws::http {

void Readiness::add(std::string name, Check check) {
    checks_.push_back({std::move(name), std::move(check)});
}

bool Readiness::ready() const {
    return !shutting_down_.load() &&
           std::all_of(checks_.begin(), checks_.end(), [](const Named& named) {
               return named.check();
           });
}

std::string Readiness::report() const {
    std::string text;
    for (const Named& named : checks_) {
        const bool good = named.check();
        text += (good ? "[+]" : "[-]") + named.name + (good ? " ok\n" : " failed\n");
    }
    if (shutting_down_.load()) {
        text += "[-]shutdown failed\n";
    }
    return text;
}

void add_health_routes(
    Router& router,
    const std::string& liveness_path,
    const std::string& readiness_path,
    const Readiness& readiness
) {
    router.add({liveness_path, Method::get, 0, [](Request&, Response& response) {
                    response.body = "ok";
                }});
    router.add({readiness_path, Method::get, 0, [&readiness](Request&, Response& response) {
                    const bool ready = readiness.ready();
                    response.status = ready ? 200 : 500;
                    response.body = ready ? "ok" : readiness.report();
                }});
}

}  // namespace lws::http
