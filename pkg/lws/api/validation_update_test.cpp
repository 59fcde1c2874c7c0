// SPDX-License-Identifier: Apache-2.0
// UPDATE: upstream's ValidateUpdate, and what an object that broke a rule already may still do.
#include <catch2/catch.hpp>

#include "pkg/lws/api/api_test_support.hpp"
#include "pkg/lws/api/validation.hpp"

namespace lws::api {
namespace {

using namespace testing;

const std::string kPolicy(kPolicyPath);
const std::string kSize(kSizePath);
const std::string kUnavailable(kUnavailablePath);
const std::string kSurge(kSurgePath);
const std::string kSubGroup =
    "spec.leaderWorkerTemplate.SubGroupPolicy.subGroupSize: Invalid value: ";
const std::string kLeast = ": subGroupSize must be equal or greater than 1";

struct Case {
    std::string name;
    Changes before;
    Changes after;
    std::string message;
};

void check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        DYNAMIC_SECTION(c.name) {
            CHECK(update_message(changed(c.before), changed(c.after)) == c.message);
        }
    }
}

TEST_CASE("the subgroup size is neither changed, added nor removed", "[api][validation]") {
    check({
        {"kept", {{kPolicy, R"({"subGroupSize":2})"}}, {{kPolicy, R"({"subGroupSize":2})"}}, ""},
        {"changed shows the new size",
         {{kPolicy, R"({"subGroupSize":2})"}},
         {{kPolicy, R"({"subGroupSize":4})"}},
         kSubGroup + "4: field is immutable"},
        {"added shows the new size",
         {},
         {{kPolicy, R"({"subGroupSize":2})"}},
         kSubGroup + "2: cannot enable subGroupSize after the lws is already created"},
        {"removed shows the old size",
         {{kPolicy, R"({"subGroupSize":2})"}},
         {},
         kSubGroup + "2: cannot remove subGroupSize after enabled"},
        {"the type may change",
         {{kPolicy, R"({"subGroupSize":3,"subGroupPolicyType":"LeaderWorker"})"}},
         {{kPolicy, R"({"subGroupSize":3,"subGroupPolicyType":"LeaderExcluded"})"}},
         ""},
        {"set to nothing",
         {{kPolicy, R"({"subGroupSize":2})"}},
         {{kPolicy, "{}"}},
         "[" + kSubGroup + "null" + kLeast + ", " + kSubGroup + "null: field is immutable]"},
    });
}

TEST_CASE("a missing subgroup size in the old object blocks nothing", "[api][validation]") {
    check({
        {"kept", {{kPolicy, "{}"}}, {{kPolicy, "{}"}}, ""},
        {"filled in", {{kPolicy, "{}"}}, {{kPolicy, R"({"subGroupSize":2})"}}, ""},
        {"taken away", {{kPolicy, "{}"}}, {}, ""},
    });
}

TEST_CASE("members that the old object lacks block no update", "[api][validation]") {
    const Changes bare = GENERATE(values<Changes>({
        {{"/spec/replicas", ""}, {kSize, ""}},
        {{std::string(kRollingPath), ""}},
        {{std::string(kPartitionPath), ""}, {kUnavailable, ""}, {kSurge, ""}},
        {{"/spec/rolloutStrategy", ""}, {"/spec/networkConfig", ""}},
        {{"/spec", ""}},
        {{"/spec", "null"}},
    }));
    CHECK(update_message(changed(bare), std::string(kSet)).empty());
    Changes scaled = bare;
    scaled.push_back({"/metadata/labels", R"({"a":"b"})"});
    CHECK(update_message(changed(bare), changed(scaled)).empty());
}

TEST_CASE("subdomainPolicy is not set to null, and the old one is shown", "[api][validation]") {
    const std::string path = "spec.networkConfig.subdomainPolicy: Invalid value: ";
    const std::string detail = ": cannot set subdomainPolicy as null";
    check({
        {"emptied", {}, {{"/spec/networkConfig", "{}"}}, path + "\"Shared\"" + detail},
        {"nulled",
         {{"/spec/networkConfig/subdomainPolicy", "\"UniquePerReplica\""}},
         {{"/spec/networkConfig/subdomainPolicy", "null"}},
         path + "\"UniquePerReplica\"" + detail},
        {"where there was no networkConfig",
         {{"/spec/networkConfig", ""}},
         {{"/spec/networkConfig", "{}"}},
         path + "null" + detail},
        {"networkConfig removed", {}, {{"/spec/networkConfig", ""}}, ""},
        {"null as before", {{"/spec/networkConfig", "{}"}}, {{"/spec/networkConfig", "{}"}}, ""},
        {"changed", {}, {{"/spec/networkConfig/subdomainPolicy", "\"UniquePerReplica\""}}, ""},
    });
}

TEST_CASE("rules of the step come after the rules of the object", "[api][validation]") {
    CHECK(
        update_message(
            std::string(kSet),
            changed(
                {{kPolicy, R"({"subGroupSize":3})"},
                 {kSize, "5"},
                 {"/spec/networkConfig", "{}"},
                 {"/metadata/annotations",
                  R"({"leaderworkerset.sigs.k8s.io/restart-grace-period-seconds":"0"})"}}
            )
        ) == "[" + kSubGroup + "3: size or size - 1 must be divisible by subGroupSize, " +
                 kSubGroup +
                 "3: cannot enable subGroupSize after the lws is already created, "
                 "spec.networkConfig.subdomainPolicy: Invalid value: \"Shared\": cannot set "
                 "subdomainPolicy as null, "
                 "metadata.annotations.leaderworkerset.sigs.k8s.io/restart-grace-period-seconds: "
                 "Invalid value: \"0\": must be a decimal number of seconds, at least 1]"
    );
}

TEST_CASE("the whole new object is validated, the old one is not", "[api][validation]") {
    check({
        {"new breach",
         {},
         {{kSize, "0"}},
         "spec.leaderWorkerTemplate.size: Invalid value: 0: size must be equal or greater than 1"},
        {"repair", {{kSize, "0"}}, {}, ""},
    });
}

TEST_CASE(
    "what was broken before and did not get worse is no reason to deny", "[api][validation]"
) {
    const std::string both_zero =
        "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable: Invalid value: 0: must "
        "not be 0 when `maxSurge` is 0";
    const Change zero{kUnavailable, "0"};
    const std::string product =
        "spec.replicas: Invalid value: 3: the product of replicas and worker replicas must not "
        "exceed 2147483647";
    const Change huge{kSize, "1073741824"};
    const std::string indivisible = ": size or size - 1 must be divisible by subGroupSize";
    check({
        {"a label added", {zero}, {zero, {"/metadata/labels", R"({"a":"b"})"}}, ""},
        {"scaled", {zero}, {zero, {"/spec/replicas", "5"}}, ""},
        {"drained", {zero}, {zero, {"/spec/replicas", "0"}}, ""},
        {"another wrong value", {{kUnavailable, "\"1%\""}}, {zero}, both_zero},
        {"broken by scaling down",
         {{kUnavailable, "\"50%\""}},
         {{kUnavailable, "\"50%\""}, {"/spec/replicas", "1"}},
         "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable: Invalid value: \"50%\": "
         "must not be 0 when `maxSurge` is 0"},
        {"fewer pods than too many",
         {{"/spec/replicas", "9"}, huge},
         {{"/spec/replicas", "3"}, huge},
         ""},
        {"more pods than too many",
         {{"/spec/replicas", "2"}, huge},
         {{"/spec/replicas", "3"}, huge},
         product},
        {"replicas over the limit lowered",
         {{"/spec/replicas", "1000003"}},
         {{"/spec/replicas", "1000002"}},
         ""},
        {"replicas over the limit raised",
         {{"/spec/replicas", "1000002"}},
         {{"/spec/replicas", "1000003"}},
         "spec.replicas: Invalid value: 1000003: replicas must be equal or less than 1000000"},
        {"subgroups that never divided",
         {{kPolicy, R"({"subGroupSize":3})"}, {kSize, "5"}},
         {{kPolicy, R"({"subGroupSize":3})"}, {kSize, "5"}, {"/spec/replicas", "1"}},
         ""},
        {"their size changed",
         {{kPolicy, R"({"subGroupSize":3})"}, {kSize, "5"}},
         {{kPolicy, R"({"subGroupSize":3})"}, {kSize, "8"}},
         kSubGroup + "3" + indivisible},
        {"a bad name",
         {{"/metadata/name", "\"A\""}},
         {{"/metadata/name", "\"A\""}, {"/spec/replicas", "1"}},
         ""},
        {"a bad label kept",
         {{"/metadata/labels", R"({"-":"", "b":"c"})"}},
         {{"/metadata/labels", R"({"-":"", "b":"c"})"}, {"/spec/replicas", "1"}},
         ""},
        {"a bad percent kept", {{kSurge, "\"x\""}}, {{kSurge, "\"x\""}, {"/spec/replicas", "1"}}, ""
        },
        {"a bad annotation kept",
         {{"/metadata/annotations", R"({"leaderworkerset.sigs.k8s.io/pod-termination-policy":"x"})"}
         },
         {{"/metadata/annotations", R"({"leaderworkerset.sigs.k8s.io/pod-termination-policy":"x"})"
          },
          {"/spec/replicas", "1"}},
         ""},
        {"a bad annotation changed",
         {{"/metadata/annotations", R"({"leaderworkerset.sigs.k8s.io/pod-termination-policy":"x"})"}
         },
         {{"/metadata/annotations", R"({"leaderworkerset.sigs.k8s.io/pod-termination-policy":"y"})"}
         },
         "metadata.annotations.leaderworkerset.sigs.k8s.io/pod-termination-policy: Invalid value: "
         "\"y\": must be Parallel or absent"},
        {"a topology annotation kept without a policy",
         {{"/metadata/annotations",
           R"({"leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology":"x"})"}},
         {{"/metadata/annotations",
           R"({"leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology":"x"})"},
          {"/spec/replicas", "1"}},
         ""},
    });
}

TEST_CASE("a new label beside a bad one is a change of the rule's input", "[api][validation]") {
    const auto message = update_message(
        changed({{"/metadata/labels", R"({"-":""})"}}),
        changed({{"/metadata/labels", R"({"-":"", "b":"c"})"}})
    );
    CHECK(message.starts_with("metadata.labels: Invalid value: \"-\": name part must consist of"));
}

TEST_CASE("maps mean the same in any order of their members", "[api][validation]") {
    const auto path = GENERATE(as<std::string>(), "/metadata/labels", "/metadata/annotations");
    const auto with_map = [&](const std::string& map) { return changed({{path, map}}); };
    const auto one_way = with_map(R"({"b-":"","a":"x","-":""})");
    const auto other_way = with_map(R"({"-":"","b-":"","a":"x"})");
    CHECK(update_message(one_way, other_way).empty());
    CHECK(update_message(other_way, one_way).empty());
    CHECK_FALSE(creation_message(one_way).empty());
    CHECK(creation_message(one_way) == creation_message(other_way));
    // Of duplicate keys the last counts, wherever it stands.
    CHECK(update_message(with_map(R"({"-":"1","a":"x","-":"2"})"), with_map(R"({"a":"x","-":"2"})"))
              .empty());
    CHECK_FALSE(update_message(with_map(R"({"-":"2","-":"1"})"), with_map(R"({"-":"2"})")).empty());
}

TEST_CASE("names and templates that cannot work are warnings on UPDATE", "[api][validation]") {
    const std::string name = "\"" + std::string(53, 'a') + "\"";
    const auto text = changed(
        {{"/metadata/name", name},
         {"/spec/leaderWorkerTemplate/workerTemplate/spec", R"({"restartPolicy":"Never"})"}}
    );
    const auto result = updated(text, text);
    CHECK(result.allowed());
    REQUIRE(result.warnings.size() == 3);
    CHECK(result.warnings[0].starts_with("metadata.name: Invalid value: " + name));
    CHECK(
        result.warnings[1] ==
        "spec.leaderWorkerTemplate.workerTemplate.spec.restartPolicy: Unsupported value: "
        "\"Never\": supported values: \"Always\""
    );
    CHECK(
        result.warnings[2] ==
        "spec.leaderWorkerTemplate.workerTemplate.spec.containers: Required value"
    );
}

TEST_CASE("an object that is being deleted gets no advice", "[api][validation]") {
    const auto text = changed(
        {{"/metadata/name", "\"" + std::string(53, 'a') + "\""},
         {"/metadata/deletionTimestamp", "\"2026-01-01T00:00:00Z\""}}
    );
    CHECK(updated(text, text).warnings.empty());
}

}  // namespace
}  // namespace lws::api
