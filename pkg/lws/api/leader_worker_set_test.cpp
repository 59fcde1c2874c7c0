// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/leader_worker_set.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "pkg/lws/api/api_test_support.hpp"
#include "pkg/lws/api/labels.hpp"

namespace lws::api {
namespace {

using namespace testing;

LeaderWorkerSet read(const std::string& text) {
    const auto document = parsed(text);
    auto set = read_leader_worker_set(document.root());
    INFO((set.has_error() ? set.error().message : ""));
    REQUIRE(set.has_value());
    return *std::move(set);
}

TEST_CASE("every member that is decided on is read", "[api][read]") {
    const auto set = read(R"({
        "metadata": {"name": "a", "generateName": "b", "namespace": "c", "uid": "d",
            "resourceVersion": "7", "generation": 3, "deletionTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"z": "1", "y": null}, "annotations": {"k": "v"}},
        "spec": {"replicas": 5, "startupPolicy": "LeaderReady",
            "networkConfig": {"subdomainPolicy": "UniquePerReplica"},
            "rolloutStrategy": {"type": "RollingUpdate", "rollingUpdateConfiguration":
                {"partition": 2, "maxUnavailable": "30%", "maxSurge": "30%"}},
            "leaderWorkerTemplate": {"size": 4, "restartPolicy": "RecreateGroupAfterStart",
                "subGroupPolicy": {"subGroupPolicyType": "LeaderExcluded", "subGroupSize": 3},
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}},
        "status": {"replicas": 1, "readyReplicas": 2, "updatedReplicas": 3,
            "hpaPodSelector": "x=y", "observedGeneration": 9,
            "conditions": [{"type": "Available", "status": "True", "observedGeneration": 9,
                "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "r", "message": "m"}]}
    })");
    CHECK(set.metadata.name == "a");
    CHECK(set.metadata.generate_name == "b");
    CHECK(set.metadata.namespace_name == "c");
    CHECK(set.metadata.uid == "d");
    CHECK(set.metadata.resource_version == "7");
    CHECK(set.metadata.generation == 3);
    CHECK(set.metadata.deleting);
    CHECK(set.metadata.label("z") == "1");
    CHECK(set.metadata.label("y") == "");
    CHECK_FALSE(set.metadata.label("k").has_value());
    CHECK(set.metadata.annotation("k") == "v");
    CHECK(set.spec.replicas == 5);
    CHECK(set.spec.startup_policy == StartupPolicy::leader_ready);
    CHECK(set.spec.subdomain_policy == SubdomainPolicy::unique_per_replica);
    CHECK(set.spec.rollout_strategy.partition == 2);
    CHECK(set.max_unavailable() == 1);
    CHECK(set.max_surge() == 2);
    const auto& group = set.spec.leader_worker_template;
    CHECK(group.size == 4);
    CHECK(group.restart_policy == RestartPolicy::recreate_group_after_start);
    REQUIRE(group.sub_group_policy.has_value());
    CHECK(group.sub_group_policy->type == SubGroupPolicyType::leader_excluded);
    CHECK(set.sub_group_size() == 3);
    CHECK(group.claim_retention_policy == ClaimRetentionPolicy{"Delete", ""});
    CHECK(set.status.replicas == 1);
    CHECK(set.status.ready_replicas == 2);
    CHECK(set.status.updated_replicas == 3);
    CHECK(set.status.hpa_pod_selector == "x=y");
    CHECK(set.status.observed_generation == 9);
    REQUIRE(set.status.conditions.size() == 1);
    CHECK(
        set.status.conditions[0] ==
        Condition{"Available", "True", 9, "2026-01-01T00:00:00Z", "r", "m"}
    );
}

TEST_CASE("a set that was never defaulted reads as if it had been", "[api][read]") {
    const auto text = GENERATE(values<std::string>(
        {"{}",
         R"({"spec":null})",
         R"({"spec":{}})",
         R"({"spec":{"replicas":null,"startupPolicy":null,"networkConfig":null,
             "rolloutStrategy":{"type":null,"rollingUpdateConfiguration":null},
             "leaderWorkerTemplate":{"size":null,"restartPolicy":null,"subGroupPolicy":null}}})",
         R"({"spec":{"networkConfig":{},"rolloutStrategy":{"type":"",
             "rollingUpdateConfiguration":{}},"leaderWorkerTemplate":{"restartPolicy":""}}})"}
    ));
    const auto set = read(text);
    CHECK(set.spec == Spec{});
    CHECK(set.spec.replicas == 1);
    CHECK(set.spec.leader_worker_template.size == 1);
    CHECK(
        set.spec.leader_worker_template.restart_policy ==
        RestartPolicy::recreate_group_on_pod_restart
    );
    CHECK(set.spec.rollout_strategy.type == "RollingUpdate");
    CHECK(set.spec.rollout_strategy.max_unavailable == IntOrString(1));
    CHECK(set.spec.rollout_strategy.max_surge == IntOrString(0));
    CHECK(set.spec.subdomain_policy == SubdomainPolicy::shared);
    CHECK_FALSE(set.sub_group_size().has_value());
}

TEST_CASE("the restart policy Default is None", "[api][read]") {
    const auto policy = [](const std::string& text) {
        return read(R"({"spec":{"leaderWorkerTemplate":{"restartPolicy":")" + text + "\"}}}")
            .spec.leader_worker_template.restart_policy;
    };
    CHECK(policy("Default") == RestartPolicy::none);
    CHECK(policy("None") == RestartPolicy::none);
    CHECK(policy("Something") == RestartPolicy::unknown);
}

TEST_CASE("the experimental annotation delays only RecreateGroupOnPodRestart", "[api][read]") {
    LeaderWorkerSet set;
    CHECK(set.effective_restart_policy() == RestartPolicy::recreate_group_on_pod_restart);
    set.metadata.annotations.emplace(kRecreateGroupAfterStartAnnotation, "");
    CHECK(set.effective_restart_policy() == RestartPolicy::recreate_group_after_start);
    set.spec.leader_worker_template.restart_policy = RestartPolicy::none;
    CHECK(set.effective_restart_policy() == RestartPolicy::none);
}

TEST_CASE("surge is at most replicas and nothing is negative", "[api][read]") {
    LeaderWorkerSet set;
    set.spec.replicas = 3;
    set.spec.rollout_strategy.max_surge = IntOrString(10);
    CHECK(set.max_surge() == 3);
    set.spec.rollout_strategy.max_surge = IntOrString(-1);
    CHECK(set.max_surge() == 0);
    set.spec.rollout_strategy.max_surge = IntOrString("x");
    CHECK(set.max_surge() == 0);
    set.spec.rollout_strategy.max_unavailable = IntOrString("9223372036854775807%");
    CHECK(set.max_unavailable() == INT32_MAX);
    set.spec.rollout_strategy.max_unavailable = IntOrString("-50%");
    CHECK(set.max_unavailable() == 0);
}

TEST_CASE("topology annotations count when they are not empty", "[api][read]") {
    LeaderWorkerSet set;
    CHECK_FALSE(set.exclusive_topology().has_value());
    set.metadata.annotations[std::string(kExclusiveTopologyAnnotation)] = "";
    CHECK_FALSE(set.exclusive_topology().has_value());
    set.metadata.annotations[std::string(kExclusiveTopologyAnnotation)] = "rack";
    CHECK(set.exclusive_topology() == "rack");
    set.metadata.annotations[std::string(kSubgroupExclusiveTopologyAnnotation)] = "host";
    CHECK_FALSE(set.subgroup_exclusive_topology().has_value());
    set.spec.leader_worker_template.sub_group_policy = SubGroupPolicy{};
    CHECK(set.subgroup_exclusive_topology() == "host");
}

TEST_CASE("a bad value of one of our annotations acts as none", "[api][read]") {
    LeaderWorkerSet set;
    auto& grace = set.metadata.annotations[std::string(kRestartGracePeriodAnnotation)];
    CHECK_FALSE(set.restart_grace_period_seconds().has_value());
    grace = "0";
    CHECK_FALSE(set.restart_grace_period_seconds().has_value());
    grace = "2x";
    CHECK_FALSE(set.restart_grace_period_seconds().has_value());
    grace = "2";
    CHECK(set.restart_grace_period_seconds() == 2);
    CHECK_FALSE(set.parallel_pod_termination());
    set.metadata.annotations[std::string(kPodTerminationPolicyAnnotation)] = "Parallel";
    CHECK(set.parallel_pod_termination());
}

TEST_CASE("a leader without a template of its own has the worker's", "[api][read]") {
    const auto both = parsed(
        R"({"spec":{"leaderWorkerTemplate":{"leaderTemplate":{"a":1},"workerTemplate":{"b":2},
            "volumeClaimTemplates":[{}]}}})"
    );
    CHECK(leader_template(both.root())["a"].int64() == 1);
    CHECK(worker_template(both.root())["b"].int64() == 2);
    CHECK(has_own_leader_template(both.root()));
    CHECK(volume_claim_templates(both.root()).size() == 1);
    const auto worker = parsed(
        R"({"spec":{"leaderWorkerTemplate":{"leaderTemplate":null,"workerTemplate":{"b":2}}}})"
    );
    CHECK(leader_template(worker.root())["b"].int64() == 2);
    CHECK_FALSE(has_own_leader_template(worker.root()));
    CHECK_FALSE(volume_claim_templates(worker.root()).exists());
}

TEST_CASE("a wrong type is named by its path", "[api][read]") {
    struct Case {
        Change change;
        std::string message;
    };
    const Case c = GENERATE(values<Case>({
        {{"/spec/replicas", "\"x\""}, "spec.replicas: expected integer, got string"},
        {{"/spec/replicas", "1.5"}, "spec.replicas: expected integer, got number 1.5"},
        {{"/spec/replicas", "1.0"}, "spec.replicas: expected integer, got number 1.0"},
        {{"/spec/replicas", "2147483648"}, "spec.replicas: 2147483648 does not fit int32"},
        {{"/spec/replicas", "-2147483649"}, "spec.replicas: -2147483649 does not fit int32"},
        {{"/spec/replicas", "18446744073709551615"},
         "spec.replicas: 18446744073709551615 does not fit int32"},
        {{"/metadata/generation", "18446744073709551615"},
         "metadata.generation: 18446744073709551615 does not fit int64"},
        {{"/spec", "[]"}, "spec: expected object, got array"},
        {{"/metadata", "true"}, "metadata: expected object, got bool"},
        {{"/metadata/name", "7"}, "metadata.name: expected string, got number 7"},
        {{"/metadata/labels", R"({"a":1})"}, "metadata.labels.a: expected string, got number 1"},
        {{"/metadata/annotations", "[]"}, "metadata.annotations: expected object, got array"},
        {{"/metadata/finalizers", R"(["a",{}])"},
         "metadata.finalizers[1]: expected string, got object"},
        {{"/metadata/ownerReferences", R"([[]])"},
         "metadata.ownerReferences[0]: expected object, got array"},
        {{"/spec/leaderWorkerTemplate/size", "{}"},
         "spec.leaderWorkerTemplate.size: expected integer, got object"},
        {{"/spec/leaderWorkerTemplate/workerTemplate", "\"\""},
         "spec.leaderWorkerTemplate.workerTemplate: expected object, got string"},
        {{"/spec/leaderWorkerTemplate/leaderTemplate", "[]"},
         "spec.leaderWorkerTemplate.leaderTemplate: expected object, got array"},
        {{"/spec/leaderWorkerTemplate/volumeClaimTemplates", "{}"},
         "spec.leaderWorkerTemplate.volumeClaimTemplates: expected array, got object"},
        {{"/spec/rolloutStrategy/rollingUpdateConfiguration/maxSurge", "true"},
         "spec.rolloutStrategy.rollingUpdateConfiguration.maxSurge: expected integer, got bool"},
        {{"/spec/networkConfig/subdomainPolicy", "1"},
         "spec.networkConfig.subdomainPolicy: expected string, got number 1"},
        {{"/status", R"({"conditions":[{},{"type":1}]})"},
         "status.conditions[1].type: expected string, got number 1"},
    }));
    DYNAMIC_SECTION(c.change.pointer << " " << c.change.value) {
        const auto document = parsed(changed({c.change}));
        const auto set = read_leader_worker_set(document.root());
        REQUIRE(set.has_error());
        CHECK(set.error().code == ErrorCode::invalid_input);
        CHECK(set.error().message == c.message);
    }
}

TEST_CASE("what is no object is no set", "[api][read]") {
    const auto document = parsed("[]");
    CHECK(
        read_leader_worker_set(document.root()).error().message ==
        "LeaderWorkerSet: expected object, got array"
    );
    CHECK(
        read_leader_worker_set({}).error().message ==
        "LeaderWorkerSet: expected object, got nothing"
    );
}

TEST_CASE("a map of many labels in the worst order is read in no time", "[api][read]") {
    std::string labels;
    for (int i = 200'000; i > 0; --i) {
        labels += (labels.empty() ? "" : ",") + ("\"" + std::to_string(i) + "\":\"\"");
    }
    const auto start = std::chrono::steady_clock::now();
    const auto set = read(R"({"metadata":{"labels":{"1":"first",)" + labels + "}}}");
    // Under a second even with sanitizers; a quadratic insertion takes minutes.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
    CHECK(set.metadata.labels.size() == 200'000);
    CHECK(set.metadata.label("1") == "");  // of duplicate keys the last wins
}

TEST_CASE("every enum text is written as it is read", "[api][read]") {
    CHECK(to_string(RestartPolicy::none) == "None");
    CHECK(to_string(RestartPolicy::recreate_group_on_pod_restart) == "RecreateGroupOnPodRestart");
    CHECK(to_string(RestartPolicy::recreate_group_after_start) == "RecreateGroupAfterStart");
    CHECK(to_string(StartupPolicy::leader_created) == "LeaderCreated");
    CHECK(to_string(StartupPolicy::leader_ready) == "LeaderReady");
    CHECK(to_string(SubdomainPolicy::shared) == "Shared");
    CHECK(to_string(SubdomainPolicy::unique_per_replica) == "UniquePerReplica");
    CHECK(to_string(SubGroupPolicyType::leader_worker) == "LeaderWorker");
    CHECK(to_string(SubGroupPolicyType::leader_excluded) == "LeaderExcluded");
}

}  // namespace
}  // namespace lws::api
