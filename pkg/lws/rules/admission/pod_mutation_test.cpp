// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/pod_mutation.hpp"

#include "pkg/lws/rules/admission/pod_fixture.hpp"

namespace lws::rules {
namespace {

using testing::admit;
using testing::denial;
using testing::env_text;
using testing::kLeaderLabel;
using testing::kWorkerLabel;
using testing::label;
using testing::patch_for;
using testing::PodText;

constexpr const char* kVllm0Key = "3026934fa959105a39223221cf76941a46fb01bb";

PodText leader() {
    PodText pod;
    pod.labels = kLeaderLabel;
    return pod;
}

PodText worker() {
    PodText pod;
    pod.name = "vllm-0-2";
    pod.labels = kWorkerLabel;
    return pod;
}

const PodMutationOptions kVolcano{GangScheduling::volcano};

}  // namespace

TEST_CASE("a pod of no set is left alone", "[rules][admission]") {
    const auto pod = GENERATE(
        as<std::string>(),
        R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"c"}]}})",
        R"({"metadata":{"labels":{"app":"x"}}})",
        R"({"metadata":{"labels":null}})",
        R"({})"
    );
    CHECK(*patch_for(pod) == "[]");
}

TEST_CASE("an empty name label still makes a pod of a set", "[rules][admission]") {
    const auto pod = GENERATE(
        as<std::string>(),
        R"({"metadata":{"name":"p-0","labels":{"leaderworkerset.sigs.k8s.io/name":""}}})",
        R"({"metadata":{"name":"p-0","labels":{"leaderworkerset.sigs.k8s.io/name":null}}})"
    );
    CHECK(denial(pod) == "size annotation is unexpectedly missing for pod p-0");
}

TEST_CASE("the size annotation must be an integer as Go reads it", "[rules][admission]") {
    auto pod = leader();
    SECTION("denied") {
        pod.size = GENERATE(as<std::string>(), "four", "", " 4", "4.0", "0x4", "4_0");
        CHECK(denial(pod.json()) == "strconv.Atoi: parsing \"" + pod.size + "\": invalid syntax");
    }
    SECTION("out of range") {
        pod.size = "9223372036854775808";
        CHECK(
            denial(pod.json()) ==
            "strconv.Atoi: parsing \"9223372036854775808\": value out of range"
        );
    }
    SECTION("accepted, and its text is handed on as it is") {
        pod.size = GENERATE(as<std::string>(), "+4", "004", "0", "-3", "9223372036854775807");
        const auto admitted = admit(pod.json());
        const auto container = admitted.root()["spec"]["containers"].at(0);
        CHECK(testing::env_value(container, "LWS_GROUP_SIZE") == pod.size);
    }
}

TEST_CASE("a leader takes its group index from its name", "[rules][admission]") {
    auto pod = leader();
    SECTION("when it has none") {
        pod.name = "vllm-007";
        CHECK(label(admit(pod.json()), "group-index") == "7");
    }
    SECTION("but one that is there stays, even empty") {
        pod.labels += R"(,"leaderworkerset.sigs.k8s.io/group-index":"")";
        CHECK(label(admit(pod.json()), "group-index").empty());
    }
    SECTION("a name without ordinal is denied") {
        pod.name = GENERATE(as<std::string>(), "vllm", "vllm-2147483648", "");
        CHECK(denial(pod.json()) == "parsing pod ordinal for pod " + pod.name);
    }
    SECTION("a name to be generated is denied like an empty one") {
        CHECK(
            denial(R"({"metadata":{"generateName":"vllm-","labels":{)"
                   R"("leaderworkerset.sigs.k8s.io/name":"vllm",)"
                   R"("leaderworkerset.sigs.k8s.io/worker-index":"0"},)"
                   R"("annotations":{"leaderworkerset.sigs.k8s.io/size":"2"}}})"
            ) == "parsing pod ordinal for pod "
        );
    }
}

TEST_CASE("a leader gets its group key unless it has one", "[rules][admission]") {
    auto pod = leader();
    CHECK(label(admit(pod.json()), "group-key") == kVllm0Key);
    pod.labels += R"(,"leaderworkerset.sigs.k8s.io/group-key":"mine")";
    CHECK(label(admit(pod.json()), "group-key") == "mine");
}

TEST_CASE("UniquePerReplica makes the leader's name its subdomain", "[rules][admission]") {
    auto pod = leader();
    SECTION("in place of another") {
        pod.annotations = R"("leaderworkerset.sigs.k8s.io/subdomainPolicy":"UniquePerReplica")";
        const auto admitted = admit(pod.json());
        CHECK(admitted.root()["spec"]["subdomain"].string() == "vllm-0");
        CHECK(
            testing::env_value(admitted.root()["spec"]["containers"].at(0), "LWS_LEADER_ADDRESS") ==
            "vllm-0.vllm-0.default"
        );
    }
    SECTION("also where there was no spec at all") {
        CHECK(
            *patch_for(
                R"({"metadata":{"name":"a-0","labels":{"leaderworkerset.sigs.k8s.io/name":"a",)"
                R"("leaderworkerset.sigs.k8s.io/worker-index":"0",)"
                R"("leaderworkerset.sigs.k8s.io/group-index":"0",)"
                R"("leaderworkerset.sigs.k8s.io/group-key":"k"},)"
                R"("annotations":{"leaderworkerset.sigs.k8s.io/size":"2",)"
                R"("leaderworkerset.sigs.k8s.io/subdomainPolicy":"UniquePerReplica"}}})"
            ) == R"([{"op":"add","path":"/spec","value":{}},)"
                 R"({"op":"add","path":"/spec/subdomain","value":"a-0"}])"
        );
    }
    SECTION("any other policy changes nothing") {
        pod.annotations = R"("leaderworkerset.sigs.k8s.io/subdomainPolicy":"Shared")";
        CHECK(admit(pod.json()).root()["spec"]["subdomain"].string() == "vllm");
    }
}

TEST_CASE("a worker's index is the ordinal of its name, whatever it says", "[rules][admission]") {
    auto pod = worker();
    SECTION("absent") {
        CHECK(label(admit(pod.json()), "worker-index") == "2");
    }
    SECTION("overwritten") {
        pod.labels += R"(,"leaderworkerset.sigs.k8s.io/worker-index":"00")";
        CHECK(label(admit(pod.json()), "worker-index") == "2");
    }
    SECTION("a name without ordinal is denied") {
        pod.name = "vllm-worker";
        CHECK(denial(pod.json()) == "parsing pod ordinal for pod vllm-worker");
    }
    SECTION("a worker gets no group key of its own") {
        CHECK(label(admit(pod.json()), "group-key") == "(none)");
    }
}

TEST_CASE("a worker without group index is denied by its full name", "[rules][admission]") {
    auto pod = worker();
    pod.labels = R"("leaderworkerset.sigs.k8s.io/worker-index":"2")";
    constexpr const char* kText =
        "Failure constructing environment variables, no group index label found for pod ";
    CHECK(denial(pod.json()) == std::string(kText) + "default/vllm-0-2");
    CHECK(
        denial(R"({"metadata":{"name":"a-1","labels":{"leaderworkerset.sigs.k8s.io/name":"a"},)"
               R"("annotations":{"leaderworkerset.sigs.k8s.io/size":"2"}}})"
        ) == std::string(kText) + "a-1"
    );
}

TEST_CASE("gang scheduling names the pod group of leaders and workers", "[rules][admission]") {
    constexpr const char* kGroupName = "scheduling.k8s.io/group-name";
    auto pod = GENERATE(leader(), worker());
    SECTION("off by default") {
        CHECK_FALSE(admit(pod.json()).root()["metadata"]["annotations"][kGroupName].exists());
    }
    SECTION("of set, group and revision") {
        pod.labels += R"(,"leaderworkerset.sigs.k8s.io/template-revision-hash":"abc")";
        const auto admitted = admit(pod.json(), kVolcano);
        CHECK(admitted.root()["metadata"]["annotations"][kGroupName].string() == "vllm-0-abc");
    }
    SECTION("always overwritten; missing labels are empty texts") {
        pod.annotations = R"("scheduling.k8s.io/group-name":"mine")";
        const auto admitted = admit(pod.json(), kVolcano);
        CHECK(admitted.root()["metadata"]["annotations"][kGroupName].string() == "vllm-0-");
    }
}

TEST_CASE("the patch of a plain leader is minimal, byte by byte", "[rules][admission]") {
    auto pod = leader();
    pod.spec = R"("subdomain":"vllm","containers":[{"name":"c","env":[{"name":"A"}]}],"x":{"y":1})";
    CHECK(
        *patch_for(pod.json()) ==
        R"([{"op":"add","path":"/metadata/labels/leaderworkerset.sigs.k8s.io~1group-index",)"
        R"("value":"0"},)"
        R"({"op":"add","path":"/metadata/labels/leaderworkerset.sigs.k8s.io~1group-key",)"
        R"("value":")" +
            std::string(kVllm0Key) +
            R"("},)"
            R"({"op":"add","path":"/spec/containers/0/env/0",)"
            R"("value":{"name":"LWS_LEADER_ADDRESS","value":"vllm-0.vllm.default"}},)"
            R"({"op":"add","path":"/spec/containers/0/env/1",)"
            R"("value":{"name":"LWS_GROUP_SIZE","value":"4"}},)"
            R"({"op":"add","path":"/spec/containers/0/env/2",)"
            R"("value":{"name":"LWS_WORKER_INDEX","value":"0"}}])"
    );
    CHECK(admit(pod.json()).root()["spec"]["x"]["y"].int64() == 1);
}

TEST_CASE("a pod that cannot be decoded is invalid, not denied", "[rules][admission]") {
    struct Case {
        std::string pod;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {"[]", "expected object, got array"},
        {R"({"metadata":[]})", "metadata: expected object, got array"},
        {R"({"metadata":{"name":1}})", "metadata.name: expected string, got number"},
        {R"({"metadata":{"namespace":{}}})", "metadata.namespace: expected string, got object"},
        {R"({"metadata":{"labels":"x"}})", "metadata.labels: expected object, got string"},
        {R"({"metadata":{"labels":{"a":1}}})", "metadata.labels: expected string, got number"},
        {R"({"metadata":{"annotations":{"a":true}}})",
         "metadata.annotations: expected string, got bool"},
        {R"({"spec":1})", "spec: expected object, got number"},
        {R"({"spec":{"subdomain":1}})", "spec.subdomain: expected string, got number"},
        {R"({"spec":{"containers":{}}})", "spec.containers: expected array, got object"},
        {R"({"spec":{"containers":["x"]}})", "spec.containers: expected object, got string"},
        {R"({"spec":{"initContainers":[{"env":{}}]}})",
         "spec.initContainers: expected array, got object"},
        {R"({"spec":{"containers":[{"env":[1]}]}})", "spec.containers: expected object, got number"
        },
        {R"({"spec":{"containers":[{"env":[{"name":1}]}]}})",
         "spec.containers: expected string, got number"},
        {R"({"spec":{"containers":[{"env":[{"value":1}]}]}})",
         "spec.containers: expected string, got number"},
        {R"({"spec":{"containers":[{"resources":[]}]}})",
         "spec.containers: expected object, got array"},
        {R"({"spec":{"containers":[{"resources":{"limits":{"google.com/tpu":true}}}]}})",
         "spec.containers: expected string, got bool"},
        {R"({"spec":{"affinity":[]}})", "spec.affinity: expected object, got array"},
        {R"({"spec":{"affinity":{"podAffinity":1}}})", "spec.affinity: expected object, got number"
        },
        {R"({"spec":{"affinity":{"podAntiAffinity":{)"
         R"("requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":1}]}}}})",
         "spec.affinity: expected string, got number"},
    }));
    DYNAMIC_SECTION(c.pod) {
        CHECK(denial(c.pod, ErrorCode::invalid_input) == c.message);
    }
}

}  // namespace lws::rules
