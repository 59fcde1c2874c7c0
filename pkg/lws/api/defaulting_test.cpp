// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/defaulting.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/api/api_test_support.hpp"

namespace lws::api {
namespace {

using namespace testing;

std::string patch_of(const std::string& text) {
    const auto document = parsed(text);
    Arena arena;
    json::PatchBuilder patch(document.root(), arena);
    plan_defaults(document.root(), patch);
    return std::string(patch.finish());
}

const std::string kRestartPolicy = "/spec/leaderWorkerTemplate/restartPolicy";
const std::string kRolling = R"({"partition":0,"maxUnavailable":1,"maxSurge":0})";

TEST_CASE("a defaulted set needs no patch", "[api][defaulting]") {
    CHECK(patch_of(std::string(kSet)) == "[]");
}

TEST_CASE("defaults fill exactly what is missing, once", "[api][defaulting]") {
    struct Case {
        std::string name;
        Changes before;
        std::string patch;
    };
    const std::string strategy = R"({"op":"add","path":"/spec/rolloutStrategy/)";
    const std::string network = R"({"op":"add","path":"/spec/networkConfig)";
    const Case c = GENERATE_COPY(values<Case>({
        {"restartPolicy absent",
         {{kRestartPolicy, ""}},
         R"([{"op":"add","path":")" + kRestartPolicy + R"(","value":"RecreateGroupOnPodRestart"}])"
        },
        {"restartPolicy null",
         {{kRestartPolicy, "null"}},
         R"([{"op":"replace","path":")" + kRestartPolicy +
             R"(","value":"RecreateGroupOnPodRestart"}])"},
        {"restartPolicy empty",
         {{kRestartPolicy, "\"\""}},
         R"([{"op":"replace","path":")" + kRestartPolicy +
             R"(","value":"RecreateGroupOnPodRestart"}])"},
        {"restartPolicy Default",
         {{kRestartPolicy, "\"Default\""}},
         R"([{"op":"replace","path":")" + kRestartPolicy + R"(","value":"None"}])"},
        {"restartPolicy None", {{kRestartPolicy, "\"None\""}}, "[]"},
        {"no rolloutStrategy",
         {{"/spec/rolloutStrategy", ""}},
         R"([{"op":"add","path":"/spec/rolloutStrategy","value":{}},)" + strategy +
             R"(type","value":"RollingUpdate"},)" + strategy +
             R"(rollingUpdateConfiguration","value":)" + kRolling + "}]"},
        {"an empty type, its configuration kept",
         {{"/spec/rolloutStrategy/type", "\"\""}},
         R"([{"op":"replace","path":"/spec/rolloutStrategy/type","value":"RollingUpdate"}])"},
        {"no configuration",
         {{std::string(kRollingPath), ""}},
         "[" + strategy + R"(rollingUpdateConfiguration","value":)" + kRolling + "}]"},
        {"no configuration of another type",
         {{"/spec/rolloutStrategy", R"({"type":"Recreate"})"}},
         "[]"},
        {"an incomplete configuration is left alone", {{std::string(kRollingPath), "{}"}}, "[]"},
        {"no networkConfig",
         {{"/spec/networkConfig", ""}},
         "[" + network + R"(","value":{}},)" + network + R"(/subdomainPolicy","value":"Shared"}])"},
        {"null networkConfig",
         {{"/spec/networkConfig", "null"}},
         "[" + network + R"(","value":{}},)" + network + R"(/subdomainPolicy","value":"Shared"}])"},
        {"empty networkConfig",
         {{"/spec/networkConfig", "{}"}},
         "[" + network + R"(/subdomainPolicy","value":"Shared"}])"},
        {"an empty subdomainPolicy is not absent",
         {{"/spec/networkConfig/subdomainPolicy", "\"\""}},
         "[]"},
        {"unknown members survive",
         {{"/spec/networkConfig", R"({"future":1})"}},
         "[" + network + R"(/subdomainPolicy","value":"Shared"}])"},
    }));
    DYNAMIC_SECTION(c.name) {
        const auto before = changed(c.before);
        const auto patch = patch_of(before);
        CHECK(patch == c.patch);
        const auto after = lws::testing::apply_patch(before, patch);
        REQUIRE(after.has_value());
        CHECK(patch_of(*after) == "[]");
    }
}

TEST_CASE("a set without a spec gets one", "[api][defaulting]") {
    const std::string before = R"({"metadata":{"name":"a"}})";
    const auto after = lws::testing::apply_patch(before, patch_of(before));
    REQUIRE(after.has_value());
    CHECK(lws::testing::same_json(
        *after,
        R"({"metadata":{"name":"a"},"spec":{
            "leaderWorkerTemplate":{"restartPolicy":"RecreateGroupOnPodRestart"},
            "rolloutStrategy":{"type":"RollingUpdate","rollingUpdateConfiguration":
                {"partition":0,"maxUnavailable":1,"maxSurge":0}},
            "networkConfig":{"subdomainPolicy":"Shared"}}})"
    ));
    CHECK(patch_of(*after) == "[]");
}

TEST_CASE("members of a wrong type are left alone by defaulting", "[api][defaulting]") {
    const auto text = GENERATE(values<std::string>(
        {"7",
         "null",
         "[]",
         R"({"spec":"x"})",
         R"({"spec":[1]})",
         R"({"spec":{"leaderWorkerTemplate":1,"rolloutStrategy":"x","networkConfig":[]}})"}
    ));
    CHECK(patch_of(text) == "[]");
}

}  // namespace
}  // namespace lws::api
