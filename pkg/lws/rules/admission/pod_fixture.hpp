// SPDX-License-Identifier: Apache-2.0
// For tests: pods as text, and what admission makes of them.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/admission/pod_mutation.hpp"
#include "pkg/lws/testing/apply_patch.hpp"

namespace lws::rules::testing {

// JSON texts of the members; each may be empty for none.
struct PodText {
    std::string name = "vllm-0";
    std::string labels;       // behind the name label: `"k":"v"`
    std::string annotations;  // behind the size annotation
    std::string size = "4";
    std::string spec = R"("subdomain":"vllm","containers":[{"name":"c"}])";

    [[nodiscard]] std::string json() const {
        return R"({"metadata":{"name":")" + name +
               R"(","namespace":"default","labels":{"leaderworkerset.sigs.k8s.io/name":"vllm")" +
               (labels.empty() ? "" : "," + labels) +
               R"(},"annotations":{"leaderworkerset.sigs.k8s.io/size":")" + size + '"' +
               (annotations.empty() ? "" : "," + annotations) + "}},\"spec\":{" + spec + "}}";
    }
};

inline constexpr const char* kLeaderLabel = R"("leaderworkerset.sigs.k8s.io/worker-index":"0")";
inline constexpr const char* kWorkerLabel = R"("leaderworkerset.sigs.k8s.io/group-index":"0")";

inline Result<std::string> patch_for(
    const std::string& pod, const PodMutationOptions& options = {}
) {
    auto document = json::parse(pod);
    REQUIRE(document.has_value());
    Arena arena;
    json::PatchBuilder patch(document->root(), arena);
    if (auto planned = plan_pod(document->root(), options, patch); !planned) {
        return planned.error();
    }
    return std::string(patch.finish());
}

// The pod after admission. Every pod that a test admits is admitted twice: the second patch must
// be empty.
inline json::Document admit(const std::string& pod, const PodMutationOptions& options = {}) {
    const auto patch = patch_for(pod, options);
    INFO(pod);
    INFO((patch ? *patch : patch.error().message));
    REQUIRE(patch.has_value());
    const auto patched = lws::testing::apply_patch(pod, *patch);
    INFO((patched ? *patched : patched.error().message));
    REQUIRE(patched.has_value());
    const auto again = patch_for(*patched, options);
    REQUIRE(again.has_value());
    CHECK(*again == "[]");
    auto document = json::parse(*patched);
    REQUIRE(document.has_value());
    return std::move(*document);
}

// The message of the denial; the code must be `code`.
inline std::string denial(
    const std::string& pod,
    ErrorCode code = ErrorCode::forbidden,
    const PodMutationOptions& options = {}
) {
    const auto patch = patch_for(pod, options);
    INFO(pod);
    REQUIRE(patch.has_error());
    CHECK(patch.error().code == code);
    return patch.error().message;
}

inline std::string label(const json::Document& pod, const std::string& name) {
    const auto value = pod.root()["metadata"]["labels"]["leaderworkerset.sigs.k8s.io/" + name];
    return std::string(value.string_or("(none)"));
}

// `A=1 B=2 C`, an entry without value only by its name.
inline std::string env_text(json::View container) {
    std::string text;
    for (const auto entry : container["env"].items()) {
        text += text.empty() ? "" : " ";
        text += entry["name"].string_or("");
        if (entry["value"].is_string()) {
            text += "=";
            text += entry["value"].string_or("");
        }
    }
    return text;
}

inline std::string env_value(json::View container, std::string_view name) {
    std::string found = "(none)";
    for (const auto entry : container["env"].items()) {
        if (entry["name"].string_or("") == name) {
            CHECK(found == "(none)");
            found = std::string(entry["value"].string_or("(null)"));
        }
    }
    return found;
}

}  // namespace lws::rules::testing
