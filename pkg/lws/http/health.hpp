// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "pkg/lws/http/router.hpp"

namespace lws::http {

// Named conditions that must all hold before the program is ready. Register before the server
// starts; checks are called on the health server's thread.
class Readiness {
public:
    using Check = std::function<bool()>;
    void add(std::string name, Check check);

    // From now on never ready again: the program is going away. Any thread.
    void shut_down() { shutting_down_.store(true); }

    [[nodiscard]] bool ready() const;
    // One line a condition, as controller-runtime's verbose answer: `[+]name ok`.
    [[nodiscard]] std::string report() const;

private:
    struct Named {
        std::string name;
        Check check;
    };
    std::vector<Named> checks_;
    std::atomic<bool> shutting_down_ = false;
};

// Liveness answers 200 `ok` as long as the thread that serves it turns; it never depends on the API
// server. Readiness answers 200 `ok`, or 500 with the report. `readiness` must outlive the router.
void add_health_routes(
    Router& router,
    const std::string& liveness_path,
    const std::string& readiness_path,
    const Readiness& readiness
);

}  // namespace lws::http
