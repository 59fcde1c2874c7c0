// SPDX-License-Identifier: Apache-2.0
// For tests: reviews as text, and answers taken apart.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "pkg/lws/json/document.hpp"
#include "webhook/review_codec.hpp"

namespace lws::webhook::testing {

inline const std::string kLeaderPod =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"vllm-0","namespace":"default",)"
    R"("labels":{"leaderworkerset.sigs.k8s.io/name":"vllm",)"
    R"("leaderworkerset.sigs.k8s.io/worker-index":"0"},)"
    R"("annotations":{"leaderworkerset.sigs.k8s.io/size":"2"}},)"
    R"("spec":{"subdomain":"vllm","containers":[{"name":"c","env":[{"name":"A","value":"1"}]}]}})";

inline const std::string kSet =
    R"({"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet",)"
    R"("metadata":{"name":"vllm","namespace":"default"},"spec":{"replicas":2,)"
    R"("rolloutStrategy":{"type":"RollingUpdate","rollingUpdateConfiguration":)"
    R"({"partition":0,"maxUnavailable":1,"maxSurge":0}},"leaderWorkerTemplate":{"size":2,)"
    R"("workerTemplate":{"spec":{"containers":[{"name":"c","image":"i"}]}}}}})";

// Objects as JSON texts, empty for null.
inline std::string review(
    const std::string& operation, const std::string& object, const std::string& old_object = ""
) {
    return R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{)"
           R"("uid":"u-1","operation":")" +
           operation + R"(","object":)" + (object.empty() ? "null" : object) + R"(,"oldObject":)" +
           (old_object.empty() ? "null" : old_object) + R"(,"dryRun":false,"options":null}})";
}

inline std::string with(std::string text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

inline std::string decode_base64(std::string_view text) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    REQUIRE(text.size() % 4 == 0);
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const auto value = kAlphabet.find(c);
        if (value == std::string_view::npos) {
            REQUIRE(c == '=');
            break;
        }
        bits = bits << 6U | static_cast<unsigned>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xFFU);
        }
    }
    return out;
}

struct Answer {
    ReviewResponse response;
    json::Document document;

    // By a dotted path.
    [[nodiscard]] json::View member(std::string_view path) const {
        auto view = document.root();
        while (!path.empty()) {
            const auto dot = path.find('.');
            view = view[path.substr(0, dot)];
            path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
        }
        return view;
    }
    [[nodiscard]] std::string text(std::string_view path) const {
        return std::string(member(path).string_or("(none)"));
    }
    [[nodiscard]] std::int64_t number(std::string_view path) const {
        return member(path).int64_or(-1);
    }
    [[nodiscard]] std::string patch() const { return decode_base64(text("response.patch")); }
};

// Every answer must be one AdmissionReview that an API server can read.
inline Answer ask(
    ReviewKind kind,
    std::string body,
    const ReviewOptions& options = {},
    std::string_view content_type = "application/json"
) {
    Answer answer;
    answer.response = handle_review(kind, content_type, std::move(body), options);
    auto document = json::parse(answer.response.body);
    REQUIRE(document.has_value());
    answer.document = std::move(*document);
    CHECK(answer.response.http_status == 200);
    CHECK(answer.member("kind").is_string());
    CHECK(answer.member("apiVersion").is_string());
    CHECK(answer.member("response.uid").is_string());
    CHECK(answer.member("response.allowed").boolean() == answer.response.allowed);
    CHECK(answer.number("response.status.code") == answer.response.code);
    CHECK(answer.response.allowed == (answer.response.code == 200));
    CHECK(answer.response.message.empty() == answer.response.allowed);
    CHECK(answer.member("response.patch").exists() == answer.member("response.patchType").exists());
    return answer;
}

}  // namespace lws::webhook::testing
