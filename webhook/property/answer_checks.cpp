// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/answer_checks.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace lws::webhook::property {
namespace {

Error wrong(std::string what) {
    return {ErrorCode::internal, "the answer: " + std::move(what)};
}

bool has_only(json::View object, std::initializer_list<std::string_view> keys) {
    const auto members = object.members();
    return object.is_object() && std::all_of(members.begin(), members.end(), [&](const auto& m) {
               return std::find(keys.begin(), keys.end(), m.key) != keys.end();
           });
}

bool is_text(json::View value) {
    return value.is_string() && !value.string_or("").empty();
}

Result<void> check_status(json::View status, const ReviewResponse& response) {
    if (!has_only(status, {"metadata", "message", "reason", "code"})) {
        return wrong("status has the wrong members");
    }
    if (!has_only(status["metadata"], {})) {
        return wrong("status.metadata is not empty");
    }
    if (status["code"].int64() != response.code) {
        return wrong("status.code is not the code that is logged");
    }
    const auto codes = {200, 400, 403, 413};
    if (std::find(codes.begin(), codes.end(), response.code) == codes.end()) {
        return wrong("code " + std::to_string(response.code));
    }
    if (response.allowed != (response.code == 200)) {
        return wrong("allowed and code disagree");
    }
    if (status["message"].exists() == response.allowed ||
        status["message"].string_or("") != response.message) {
        return wrong("message");
    }
    const bool denied = response.code == 403;
    if (status["reason"].exists() != denied ||
        (denied && status["reason"].string() != "Forbidden")) {
        return wrong("reason");
    }
    return {};
}

Result<std::string> read_patch(ReviewKind kind, json::View review) {
    const auto patch = review["patch"];
    if (patch.exists() != (review["patchType"].string() == "JSONPatch") ||
        patch.exists() != review["patchType"].exists()) {
        return wrong("patch and patchType do not belong together");
    }
    if (!patch.exists()) {
        return std::string();
    }
    if (!is_mutation(kind) || !review["allowed"].bool_or(false)) {
        return wrong("a patch where there should be none");
    }
    auto text = decode_base64(patch.string_or(""));
    if (!text) {
        return wrong("the patch is not base64");
    }
    const auto document = json::parse(*text);
    if (!document || !document->root().is_array() || document->root().size() == 0) {
        return wrong("the patch is no list of operations: " + *text);
    }
    return *std::move(text);
}

Result<void> check_warnings(ReviewKind kind, json::View warnings) {
    if (!warnings.exists()) {
        return {};
    }
    const auto items = warnings.items();
    if (kind != ReviewKind::validate_set || warnings.size() == 0 ||
        !std::all_of(items.begin(), items.end(), is_text)) {
        return wrong("warnings");
    }
    return {};
}

// What cannot be read is answered without the uid and in the latest version.
Result<void> check_echo(json::View answer, const ReviewResponse& response, json::View request) {
    const auto uid = answer["response"]["uid"].string();
    const bool unread = response.code == 400 || response.code == 413;
    if (uid != request["request"]["uid"].string_or("") && !(unread && uid == "")) {
        return wrong("uid");
    }
    const auto version = request["apiVersion"].string_or("");
    if (answer["apiVersion"].string() != version &&
        !((unread || version.empty()) && answer["apiVersion"].string() == "admission.k8s.io/v1")) {
        return wrong("apiVersion");
    }
    return {};
}

}  // namespace

Result<Answer> ask(
    ReviewKind kind, std::string_view content_type, std::string body, const ReviewOptions& options
) {
    Answer answer;
    answer.response = handle_review(kind, content_type, body, options);
    const auto& response = answer.response;
    auto document = json::parse(response.body);
    if (!document) {
        return wrong("it is not JSON: " + response.body);
    }
    answer.document = *std::move(document);
    const auto root = answer.document.root();
    const auto review = root["response"];
    if (response.http_status != 200 || !has_only(root, {"kind", "apiVersion", "response"}) ||
        !is_text(root["kind"]) || !is_text(root["apiVersion"])) {
        return wrong("it is no AdmissionReview");
    }
    if (!has_only(review, {"uid", "allowed", "status", "patch", "patchType", "warnings"}) ||
        !review["uid"].is_string() || review["allowed"].boolean() != response.allowed) {
        return wrong("response has the wrong members");
    }
    if (auto status = check_status(review["status"], response); !status) {
        return status.error();
    }
    auto patch = read_patch(kind, review);
    if (!patch) {
        return patch.error();
    }
    answer.patch = *std::move(patch);
    if (auto warnings = check_warnings(kind, review["warnings"]); !warnings) {
        return warnings.error();
    }
    const auto request = json::parse(std::move(body));
    if (auto echo = check_echo(root, response, request ? request->root() : json::View()); !echo) {
        return echo.error();
    }
    return answer;
}

std::string write_review_text(const ReviewText& review) {
    const auto or_null = [](std::string_view json) { return json.empty() ? "null" : json; };
    std::string text = R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1",)"
                       R"("request":{"uid":"705ab4f5-6393-11e8-b7cc-42010a800002","operation":")";
    text.append(review.operation).append(R"(","object":)").append(or_null(review.object));
    text.append(R"(,"oldObject":)").append(or_null(review.old_object));
    return text.append(R"(,"dryRun":false,"options":null}})");
}

std::optional<std::string> decode_base64(std::string_view text) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    text.remove_suffix(padding);
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const auto value = kAlphabet.find(c);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = (bits << 6U | static_cast<unsigned>(value)) & 0xFFFFU;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xFFU);
        }
    }
    // What is left over must be zeros, or two texts would stand for the same bytes.
    if ((bits & ((1U << count) - 1U)) != 0) {
        return std::nullopt;
    }
    return out;
}

}  // namespace lws::webhook::property
