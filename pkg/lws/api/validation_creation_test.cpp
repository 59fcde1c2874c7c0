// SPDX-License-Identifier: Apache-2.0
// Rules and warnings beyond upstream's.
#include <catch2/catch.hpp>

#include "pkg/lws/api/api_test_support.hpp"
#include "pkg/lws/api/validation.hpp"

namespace lws::api {
namespace {

using namespace testing;

const std::string kSize(kSizePath);
const std::string kWorkerSpec = "/spec/leaderWorkerTemplate/workerTemplate/spec";
const std::string kLeader = "/spec/leaderWorkerTemplate/leaderTemplate";

std::string named(std::size_t length) {
    return "\"" + std::string(length, 'a') + "\"";
}

TEST_CASE("a name is short enough for the longest StatefulSet name", "[api][validation]") {
    struct Case {
        std::string name;
        Changes changes;
        std::size_t longest;
    };
    const Case c = GENERATE(values<Case>({
        {"two groups", {}, 50},
        {"no group yet", {{"/spec/replicas", "0"}}, 50},
        {"ten groups", {{"/spec/replicas", "10"}}, 50},
        {"eleven groups", {{"/spec/replicas", "11"}}, 49},
        {"a surge adds indexes", {{"/spec/replicas", "10"}, {std::string(kSurgePath), "1"}}, 49},
        {"a surge in percent", {{"/spec/replicas", "10"}, {std::string(kSurgePath), "\"1%\""}}, 49},
        {"a surge is at most replicas",
         {{"/spec/replicas", "5"}, {std::string(kSurgePath), "1000"}},
         50},
        {"size 1 has no workers", {{kSize, "1"}, {"/spec/replicas", "1000"}}, 52},
    }));
    DYNAMIC_SECTION(c.name) {
        Changes changes = c.changes;
        changes.push_back({"/metadata/name", named(c.longest)});
        CHECK(created(changed(changes)).allowed());

        changes.back().value = named(c.longest + 1);
        const auto result = created(changed(changes));
        REQUIRE(result.errors.size() == 1);
        CHECK(result.errors[0].path == "metadata.name");
        CHECK(result.errors[0].detail.starts_with(
            "must be no more than " + std::to_string(c.longest) + " characters: "
        ));
    }
}

TEST_CASE("the name rule says which StatefulSet would be too long", "[api][validation]") {
    const std::string name(51, 'a');
    const auto text = changed({{"/metadata/name", "\"" + name + "\""}});
    const std::string message =
        "metadata.name: Invalid value: \"" + name +
        "\": must be no more than 50 characters: the StatefulSet of group 1 would be named " +
        name +
        "-1, and pods of a StatefulSet whose name is longer than 52 characters cannot start, "
        "because their label controller-revision-hash would exceed 63 characters";
    CHECK(creation_message(text) == message);

    const auto lenient = created(text, {ValidationOptions::NameRule::warn});
    CHECK(lenient.allowed());
    CHECK(lenient.warning_texts() == std::vector<std::string>{message});
}

TEST_CASE("a template that no StatefulSet accepts is denied", "[api][validation]") {
    const std::string worker = "spec.leaderWorkerTemplate.workerTemplate.spec.";
    const std::string leader = "spec.leaderWorkerTemplate.leaderTemplate.spec.";
    const std::string good = R"({"spec":{"containers":[{"name":"c"}],"restartPolicy":"Always"}})";
    struct Case {
        std::string name;
        Changes changes;
        std::string message;
    };
    const Case c = GENERATE_COPY(values<Case>({
        {"OnFailure",
         {{kWorkerSpec + "/restartPolicy", "\"OnFailure\""}},
         worker + "restartPolicy: Unsupported value: \"OnFailure\": supported values: \"Always\""},
        {"Always", {{kWorkerSpec + "/restartPolicy", "\"Always\""}}, ""},
        {"no containers",
         {{kWorkerSpec + "/containers", "[]"}},
         worker + "containers: Required value"},
        {"no spec", {{kWorkerSpec, ""}}, worker + "containers: Required value"},
        {"a deadline",
         {{kWorkerSpec + "/activeDeadlineSeconds", "5"}},
         worker + "activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not "
                  "Supported"},
        {"the leader's own",
         {{kLeader, R"({"spec":{"restartPolicy":"Never"}})"}},
         "[" + leader +
             "restartPolicy: Unsupported value: \"Never\": supported values: \"Always\", " +
             leader + "containers: Required value]"},
        {"a worker template that is not used",
         {{kLeader, good}, {kWorkerSpec, ""}, {kSize, "1"}},
         ""},
        {"a worker template that serves the leader",
         {{kWorkerSpec, ""}, {kSize, "1"}},
         worker + "containers: Required value"},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(creation_message(changed(c.changes)) == c.message);
    }
}

TEST_CASE("an excluded leader that asks for TPUs could never start", "[api][validation]") {
    const std::string policy = R"({"subGroupSize":3,"subGroupPolicyType":"LeaderExcluded"})";
    const auto with = [&policy](const std::string& leader, const std::string& sub_groups) {
        return creation_message(changed({{kLeader, leader}, {std::string(kPolicyPath), sub_groups}})
        );
    };
    const auto leader = [](const std::string& resources, const std::string& more = "") {
        return R"({"spec":{"containers":[{"name":"a"},{"name":"c","resources":)" + resources +
               more + "}]}}";
    };
    const std::string asking = R"({"limits":{"google.com/tpu":"4"}})";
    const std::string message =
        "spec.leaderWorkerTemplate.subGroupPolicy.subGroupPolicyType: Invalid value: "
        "\"LeaderExcluded\": the leader asks for google.com/tpu, but a leader outside of all "
        "subgroups gets no TPU environment and its pods would be denied: use LeaderWorker, or ask "
        "for no TPUs in the leader template";
    CHECK(with(leader(asking), policy) == message);
    CHECK(with(leader(R"({"requests":{"google.com/tpu":4}})"), policy) == message);
    CHECK(with(leader(R"({"limits":{"google.com/tpu":"0"}})"), policy).empty());
    CHECK(with(leader(R"({"limits":{"google.com/tpu":"x"}})"), policy).empty());
    CHECK(with(leader(asking), R"({"subGroupSize":3})").empty());
    // The user's own variables take the TPU environment off our hands.
    CHECK(with(leader(asking, R"(,"env":[{"name":"TPU_WORKER_ID"}])"), policy).empty());
}

TEST_CASE("our annotations take only what they can mean", "[api][validation]") {
    const auto with = [](const std::string& key, const std::string& value) {
        return creation_message(changed(
            {{"/metadata/annotations",
              "{\"leaderworkerset.sigs.k8s.io/" + key + "\":\"" + value + "\"}"}}
        ));
    };
    const std::string grace = "restart-grace-period-seconds";
    for (const std::string value : {"1", "30", "86400"}) {
        CHECK(with(grace, value).empty());
    }
    for (const std::string value :
         {"0", "-1", "+1", "1s", "1.5", "", " 1", "9223372036854775808"}) {
        CHECK(
            with(grace, value) ==
            "metadata.annotations.leaderworkerset.sigs.k8s.io/restart-grace-period-seconds: "
            "Invalid value: \"" +
                value + "\": must be a decimal number of seconds, at least 1"
        );
    }
    CHECK(with("pod-termination-policy", "Parallel").empty());
    CHECK(
        with("pod-termination-policy", "parallel") ==
        "metadata.annotations.leaderworkerset.sigs.k8s.io/pod-termination-policy: Invalid value: "
        "\"parallel\": must be Parallel or absent"
    );
}

TEST_CASE("what is legal and likely wrong is a warning", "[api][validation]") {
    const std::string containers = "spec.leaderWorkerTemplate.workerTemplate.spec.containers";
    const std::string leader =
        "spec.leaderWorkerTemplate.leaderTemplate.spec.containers: the variable ";
    const std::string ignored = " is set by LeaderWorkerSet, the value given here is ignored";
    const std::string unseen =
        ": a container with restartPolicy Never that fails while others run is not restarted, so "
        "its failure does not recreate the group";
    const std::string after_start =
        R"({"leaderworkerset.sigs.k8s.io/experimental-recreate-group-after-start":""})";
    struct Case {
        std::string name;
        Changes changes;
        std::vector<std::string> warnings;
    };
    const Case c = GENERATE_COPY(values<Case>({
        {"all groups down",
         {{std::string(kUnavailablePath), "\"100%\""}},
         {"spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable: all 2 groups may be "
          "down at once during a rollout"}},
        {"one group is always all", {{"/spec/replicas", "1"}}, {}},
        {"all but one", {{"/spec/replicas", "3"}, {std::string(kUnavailablePath), "2"}}, {}},
        {"subgroups of one pod",
         {{kSize, "1"}, {std::string(kPolicyPath), R"({"subGroupSize":1})"}},
         {"spec.leaderWorkerTemplate.subGroupPolicy: groups of size 1 have nothing to divide"}},
        {"more than all groups",
         {{std::string(kUnavailablePath), "3"}},
         {"spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable: all 2 groups may be "
          "down at once during a rollout"}},
        {"subgroups of more pods",
         {{kSize, "2"}, {std::string(kPolicyPath), R"({"subGroupSize":1})"}},
         {}},
        {"our variables",
         {{kWorkerSpec + "/initContainers", R"([{"env":[{"name":"LWS_GROUP_SIZE"}]}])"}},
         {containers +
          ": the variable LWS_GROUP_SIZE is set by LeaderWorkerSet, the value given here is "
          "ignored"}},
        {"our variables in the leader's own template",
         {{kLeader,
           R"({"spec":{"containers":[{"env":[{"name":"A"},{"name":"LWS_LEADER_ADDRESS"},)"
           R"({"name":"LWS_WORKER_INDEX"}]}]}})"}},
         {leader + "LWS_LEADER_ADDRESS" + ignored, leader + "LWS_WORKER_INDEX" + ignored}},
        {"the user's own variables",
         {{kWorkerSpec + "/containers/0/env", R"([{"name":"TPU_NAME"},{"name":"LWS"}])"}},
         {}},
        {"host names",
         {{kWorkerSpec + "/hostname", "\"h\""}, {kWorkerSpec + "/subdomain", "\"s\""}},
         {"spec.leaderWorkerTemplate.workerTemplate.spec.hostname: ignored, the StatefulSet sets "
          "it for each pod",
          "spec.leaderWorkerTemplate.workerTemplate.spec.subdomain: ignored, the StatefulSet sets "
          "it for each pod"}},
        {"host names that say nothing",
         {{kWorkerSpec + "/hostname", "\"\""}, {kWorkerSpec + "/subdomain", "null"}},
         {}},
        {"unseen failures",
         {{kWorkerSpec + "/containers", R"([{"name":"a","restartPolicy":"Never"},{"name":"b"}])"}},
         {containers + unseen}},
        {"failures of the only container end its pod",
         {{kWorkerSpec + "/containers", R"([{"name":"a","restartPolicy":"Never"}])"}},
         {}},
        {"containers that are restarted are seen",
         {{kWorkerSpec + "/containers", R"([{"name":"a","restartPolicy":"OnFailure"},{"name":"b"}])"
         }},
         {}},
        {"failures that rules look after",
         {{kWorkerSpec + "/containers",
           R"([{"restartPolicy":"Never","restartPolicyRules":[{"action":"Restart"}]},{}])"}},
         {}},
        {"nothing to see with None",
         {{kWorkerSpec + "/containers", R"([{"name":"a","restartPolicy":"Never"},{"name":"b"}])"},
          {"/spec/leaderWorkerTemplate/restartPolicy", "\"None\""}},
         {}},
        {"recreation after start of what is never recreated",
         {{"/metadata/annotations", after_start},
          {"/spec/leaderWorkerTemplate/restartPolicy", "\"None\""}},
         {"metadata.annotations.leaderworkerset.sigs.k8s.io/"
          "experimental-recreate-group-after-start: "
          "no effect, a set with restartPolicy None recreates no group"}},
        {"recreation after start", {{"/metadata/annotations", after_start}}, {}},
    }));
    DYNAMIC_SECTION(c.name) {
        const auto text = changed(c.changes);
        CHECK(created(text).allowed());
        CHECK(created(text).warning_texts() == c.warnings);
        CHECK(updated(text, text).warning_texts() == c.warnings);
    }
}

TEST_CASE("warnings are few and short enough for an API server", "[api][validation]") {
    const std::string pods =
        R"({"spec":{"restartPolicy":"Never","activeDeadlineSeconds":5,"hostname":"h",)"
        R"("subdomain":"s","containers":[{"restartPolicy":"Never","env":[)"
        R"({"name":"LWS_LEADER_ADDRESS"},{"name":"LWS_GROUP_SIZE"},{"name":"LWS_WORKER_INDEX"}]},)"
        R"({}]}})";
    const auto text = changed(
        {{std::string(kUnavailablePath), "2"},
         {kLeader, pods},
         {"/spec/leaderWorkerTemplate/workerTemplate", pods}}
    );
    const auto warnings = updated(text, text).warning_texts();
    CHECK(warnings.size() == 16);
    for (const std::string& warning : warnings) {
        CHECK(warning.size() <= 256);
    }
}

}  // namespace
}  // namespace lws::api
