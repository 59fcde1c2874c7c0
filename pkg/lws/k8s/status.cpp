// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/k8s/status.hpp"

namespace lws::k8s {
namespace {

ErrorCode code_from(int http_status, const Status& status) {
    switch (http_status) {
        case 400:
            return ErrorCode::invalid_input;
        case 401:
            return ErrorCode::unauthorized;
        case 403:
            return ErrorCode::forbidden;
        case 404:
            return ErrorCode::not_found;
        case 409:
            return status.reason == "AlreadyExists" ? ErrorCode::already_exists
                                                    : ErrorCode::conflict;
        case 410:
            return ErrorCode::gone;
        case 413:
            return ErrorCode::too_large;
        case 422:
            return ErrorCode::unprocessable;
        case 429:
            return ErrorCode::too_many_requests;
        case 408:
            return ErrorCode::timeout;
        default:
            break;
    }
    if (http_status >= 500) {
        return ErrorCode::unavailable;
    }
    return http_status >= 400 ? ErrorCode::invalid_input : ErrorCode::internal;
}

}  // namespace

Status read_status(json::View body) {
    Status out;
    const auto code = body["code"].int64_or(0);
    out.code = code > 0 && code < 1000 ? static_cast<std::int32_t>(code) : 0;
    out.reason = body["reason"].string_or("");
    out.message = body["message"].string_or("");
    const auto seconds = body["details"]["retryAfterSeconds"].int64_or(0);
    // An hour is more than any API server asks for; beyond it the number is not believed.
    if (seconds > 0 && seconds <= 3600) {
        out.retry_after = std::chrono::seconds{seconds};
    }
    return out;
}

Error error_from_response(int http_status, json::View body) {
    Status status = read_status(body);
    std::string message = std::move(status.message);
    if (message.empty()) {
        message = "HTTP status " + std::to_string(http_status);
    }
    return {code_from(http_status, status), std::move(message)};
}

}  // namespace lws::k8s
