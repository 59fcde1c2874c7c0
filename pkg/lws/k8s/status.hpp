// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::k8s {

// metav1.Status, the body of every failed API request.
struct Status {
    std::int32_t code = 0;  // 0 when absent
    std::string reason;
    std::string message;
    // details.retryAfterSeconds
    std::optional<std::chrono::seconds> retry_after;
};

// Total: what is missing stays empty.
[[nodiscard]] Status read_status(json::View body);

// What a client can do about an answer of the API server; `http_status` decides, the body refines
// (409 is AlreadyExists or a conflict) and gives the text. `body` may be a missing view.
// Not for 2xx.
[[nodiscard]] Error error_from_response(int http_status, json::View body);

}  // namespace lws::k8s
