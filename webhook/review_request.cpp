// SPDX-License-Identifier: Apache-2.0
#include "webhook/review_request.hpp"

#include <algorithm>
#include <string>

namespace lws::webhook {
namespace {

// The header is quoted in an answer, which must be UTF-8 whatever a client sent.
std::string printable(std::string_view text) {
    std::string out(text);
    std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
}

Error undecodable(std::string_view why) {
    return {
        ErrorCode::invalid_input, "couldn't get version/kind; json parse error: " + std::string(why)
    };
}

Result<std::string_view> read_text(json::View parent, std::string_view key) {
    const auto value = parent[key];
    if (!value.absent_or_null() && !value.is_string()) {
        return undecodable(
            std::string(key) + ": expected string, got " + std::string(value.type_name())
        );
    }
    return value.string_or("");
}

json::View without_null(json::View value) {
    return value.is_null() ? json::View() : value;
}

}  // namespace

Result<void> check_review_body(std::string_view content_type, std::string_view body) {
    if (body.empty()) {
        return Error(ErrorCode::invalid_input, "request body is empty");
    }
    if (body.size() >= kMaxReviewBytes) {
        return Error(
            ErrorCode::too_large,
            "request entity is too large; limit is " + std::to_string(kMaxReviewBytes) + " bytes"
        );
    }
    if (content_type != "application/json") {
        return Error(
            ErrorCode::invalid_input,
            "contentType=" + printable(content_type) + ", expected application/json"
        );
    }
    return {};
}

Result<ReviewRequest> read_review(json::View review) {
    if (!review.is_object()) {
        return undecodable("expected object, got " + std::string(review.type_name()));
    }
    const auto request = review["request"];
    if (!request.absent_or_null() && !request.is_object()) {
        return undecodable("request: expected object, got " + std::string(request.type_name()));
    }
    const auto api_version = read_text(review, "apiVersion");
    const auto kind = read_text(review, "kind");
    const auto uid = read_text(request, "uid");
    const auto operation = read_text(request, "operation");
    for (const auto* text : {&api_version, &kind, &uid, &operation}) {
        if (text->has_error()) {
            return text->error();
        }
    }
    if (std::count(api_version->begin(), api_version->end(), '/') > 1) {
        return Error(
            ErrorCode::invalid_input, "unexpected GroupVersion string: " + std::string(*api_version)
        );
    }
    ReviewRequest out;
    out.api_version = *api_version;
    out.kind = *kind;
    out.uid = *uid;
    out.operation = *operation;
    out.object = without_null(request["object"]);
    out.old_object = without_null(request["oldObject"]);
    return out;
}

}  // namespace lws::webhook
