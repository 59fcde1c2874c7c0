// SPDX-License-Identifier: Apache-2.0
// For the tests of this folder: sets as JSON texts, changed member by member.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/lws/api/validation.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/apply_patch.hpp"

namespace lws::api::testing {

// Two groups of four pods; complete and valid.
inline constexpr std::string_view kSet = R"({
    "apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet",
    "metadata": {"name": "vllm", "namespace": "default", "annotations": {}, "labels": {}},
    "spec": {
        "replicas": 2,
        "leaderWorkerTemplate": {
            "size": 4, "restartPolicy": "RecreateGroupOnPodRestart",
            "workerTemplate": {"metadata": {}, "spec": {"containers": [{"name": "c"}]}}
        },
        "rolloutStrategy": {
            "type": "RollingUpdate",
            "rollingUpdateConfiguration": {"partition": 0, "maxUnavailable": 1, "maxSurge": 0}
        },
        "startupPolicy": "LeaderCreated",
        "networkConfig": {"subdomainPolicy": "Shared"}
    }
})";

inline constexpr std::string_view kSizePath = "/spec/leaderWorkerTemplate/size";
inline constexpr std::string_view kPolicyPath = "/spec/leaderWorkerTemplate/subGroupPolicy";
inline constexpr std::string_view kRollingPath = "/spec/rolloutStrategy/rollingUpdateConfiguration";
inline constexpr std::string_view kUnavailablePath =
    "/spec/rolloutStrategy/rollingUpdateConfiguration/maxUnavailable";
inline constexpr std::string_view kSurgePath =
    "/spec/rolloutStrategy/rollingUpdateConfiguration/maxSurge";
inline constexpr std::string_view kPartitionPath =
    "/spec/rolloutStrategy/rollingUpdateConfiguration/partition";

// A JSON Pointer and the JSON value to put there; an empty value takes the member away.
struct Change {
    std::string pointer;
    std::string value;
};
using Changes = std::vector<Change>;

inline std::string changed(const Changes& changes, std::string_view base = kSet) {
    std::string patch = "[";
    for (const Change& change : changes) {
        patch += patch.size() > 1 ? "," : "";
        patch += change.value.empty() ? R"({"op":"remove","path":")" + change.pointer + "\"}"
                                      : R"({"op":"add","path":")" + change.pointer +
                                            R"(","value":)" + change.value + "}";
    }
    auto text = lws::testing::apply_patch(base, patch + "]");
    REQUIRE(text.has_value());
    return *std::move(text);
}

inline json::Document parsed(std::string text) {
    auto document = json::parse(std::move(text));
    REQUIRE(document.has_value());
    return std::move(*document);
}

// A base, because it has to outlive the result.
struct ArenaOwner {
    std::unique_ptr<Arena> arena;
};

// With the arena that the texts lie in.
struct Judged : ArenaOwner, ValidationResult {
    Judged(ValidationResult result, std::unique_ptr<Arena> its_arena)
        : ArenaOwner{std::move(its_arena)}, ValidationResult(std::move(result)) {}
    [[nodiscard]] std::string message() const { return std::string(format_errors(errors, *arena)); }
    [[nodiscard]] std::vector<std::string> warning_texts() const {
        return {warnings.begin(), warnings.end()};
    }
};

inline Judged judge_creation(json::View set, const ValidationOptions& options = {}) {
    auto arena = std::make_unique<Arena>();
    auto result = validate_create(set, options, *arena);
    return {std::move(result), std::move(arena)};
}

inline Judged judge_update(json::View new_set, json::View old_set) {
    auto arena = std::make_unique<Arena>();
    auto result = validate_update(new_set, old_set, *arena);
    return {std::move(result), std::move(arena)};
}

inline Judged created(const std::string& text, const ValidationOptions& options = {}) {
    return judge_creation(parsed(text).root(), options);
}

inline Judged updated(const std::string& old_text, const std::string& new_text) {
    return judge_update(parsed(new_text).root(), parsed(old_text).root());
}

// The message of the denial, empty when allowed.
inline std::string creation_message(const std::string& text) {
    return created(text).message();
}

inline std::string update_message(const std::string& old_text, const std::string& new_text) {
    return updated(old_text, new_text).message();
}

}  // namespace lws::api::testing
