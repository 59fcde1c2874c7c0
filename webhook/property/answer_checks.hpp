// SPDX-License-Identifier: Apache-2.0
// What holds for the answer to any bytes. Property program and fuzzers ask through here; Catch2 is
// not needed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/support/result.hpp"
#include "webhook/review_codec.hpp"

namespace lws::webhook::property {

inline constexpr std::string_view kJsonType = "application/json";

struct Answer {
    ReviewResponse response;
    json::Document document;
    std::string patch;  // decoded; empty without one

    [[nodiscard]] json::View review() const { return document.root()["response"]; }
};

// Asks, and checks that the answer is one AdmissionReview as an API server reads it: all members of
// the right types, no others, decision, code and reason in accord, a patch only of what is allowed
// and only by a mutating path, and uid and apiVersion of the request. The error says what is wrong.
[[nodiscard]] Result<Answer> ask(
    ReviewKind kind, std::string_view content_type, std::string body, const ReviewOptions& options
);

// A review whose objects are JSON texts, put in as they are; empty ones are null.
struct ReviewText {
    std::string_view operation = "CREATE";
    std::string_view object;
    std::string_view old_object;
};
[[nodiscard]] std::string write_review_text(const ReviewText& review);

// RFC 4648 with padding, strict; nothing for what is none.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

[[nodiscard]] constexpr bool is_mutation(ReviewKind kind) {
    return kind == ReviewKind::mutate_set || kind == ReviewKind::mutate_pod;
}
[[nodiscard]] constexpr bool is_set(ReviewKind kind) {
    return kind == ReviewKind::mutate_set || kind == ReviewKind::validate_set;
}

}  // namespace lws::webhook::property
