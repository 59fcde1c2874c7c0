// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::webhook {

// A body of this size or more is refused. A review holds at most two objects of 3 MiB each, which
// is what an API server accepts and stores, and less than 1 MiB beside them.
inline constexpr std::size_t kMaxReviewBytes = std::size_t{7} * 1024 * 1024;

// What is read of an AdmissionReview, of admission.k8s.io/v1 or v1beta1 alike. Views into the
// document that it was read from; absent members are empty texts and missing views.
struct ReviewRequest {
    std::string_view api_version;  // of the review, to be answered in kind
    std::string_view kind;
    std::string_view uid;
    std::string_view operation;  // CREATE, UPDATE, DELETE, CONNECT or anything else
    json::View object;           // missing when null
    json::View old_object;
};

// Whether the bytes and the content type can be those of a review at all: not empty
// (invalid_input), below kMaxReviewBytes (too_large), application/json (invalid_input), checked in
// this order.
[[nodiscard]] Result<void> check_review_body(std::string_view content_type, std::string_view body);

// Reads the members above; an error (invalid_input) when one of them has another type.
[[nodiscard]] Result<ReviewRequest> read_review(json::View review);

}  // namespace lws::webhook
