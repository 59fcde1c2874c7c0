// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/api/validation.hpp"
#include "pkg/lws/rules/admission/pod_mutation.hpp"

namespace lws::webhook {

// The four reviews that are served, each under the path that upstream's configurations name.
enum class ReviewKind { mutate_set, validate_set, mutate_pod, validate_pod };

// Nothing for any other path. Exact: no trailing slash; a query string is not part of a path.
[[nodiscard]] std::optional<ReviewKind> review_kind(std::string_view path);
[[nodiscard]] std::string_view review_path(ReviewKind kind);

struct ReviewOptions {
    rules::PodMutationOptions pods;
    api::ValidationOptions sets;
};

struct ReviewResponse {
    int http_status = 200;  // always: the API server reads the decision from the body
    std::string body;       // one AdmissionReview, JSON
    bool allowed = false;   // for metrics and logs, as `code`
    int code = 0;           // the Status code inside the body
    std::string message;    // why not allowed, else empty
};

// Judges one review. Total and synchronous: any bytes give a well-formed answer, no exception but
// std::bad_alloc leaves it, nothing is kept. `content_type` is the header's value as it came, empty
// when absent. Any thread.
//
// Denied by a rule: 403 Forbidden. 400: empty, not application/json, not JSON, too deep, an object
// missing or not decodable, an unknown operation (validation only). 413: kMaxReviewBytes or more.
[[nodiscard]] ReviewResponse handle_review(
    ReviewKind kind, std::string_view content_type, std::string body, const ReviewOptions& options
);

// The answer to a body of which the server stopped reading at kMaxReviewBytes.
[[nodiscard]] ReviewResponse review_too_large();

}  // namespace lws::webhook
