// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/api/validation.hpp"
#include "pkg/lws/rules/admission/pod_mutation.hpp"
#include "pkg/lws/support/arena.hpp"

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

// What came of a review, for metrics and logs.
struct ReviewOutcome {
    bool allowed = false;
    int code = 0;              // the Status code inside the answer
    std::string_view message;  // why not allowed, else empty; in the arena of the review
};

struct ReviewResponse {
    bool allowed = false;
    int code = 0;
    std::string message;
    int http_status = 200;  // always: the API server reads the decision from the body
    std::string body;       // one AdmissionReview, JSON
};

// Judges one review and puts the answer, one AdmissionReview as JSON, into `answer`, in the place
// of what was there. Total and synchronous: any bytes give a well-formed answer, no exception but
// std::bad_alloc leaves it, nothing is kept. `content_type` is the header's value as it came, empty
// when absent. The body is parsed in place and spoiled by it; trees and texts lie in `arena`, which
// is reset first. A review takes nothing from the heap once `arena` and `answer` have grown to what
// reviews of its size need, unless it is one that cannot be judged or a pod that is denied. Any
// thread, with an arena of its own.
//
// Denied by a rule: 403 Forbidden. 400: empty, not application/json, not JSON, too deep, an object
// missing or not decodable, an unknown operation (validation only). 413: kMaxReviewBytes or more.
[[nodiscard]] ReviewOutcome handle_review(
    ReviewKind kind,
    std::string_view content_type,
    std::string& body,
    const ReviewOptions& options,
    Arena& arena,
    std::string& answer
);

// The same for callers that have nothing to use again.
[[nodiscard]] ReviewResponse handle_review(
    ReviewKind kind, std::string_view content_type, std::string body, const ReviewOptions& options
);

// The answer to a body of which the server stopped reading at kMaxReviewBytes.
[[nodiscard]] ReviewResponse review_too_large();

}  // namespace lws::webhook
