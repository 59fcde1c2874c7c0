// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/environment.hpp"

#include <chrono>

#include "pkg/lws/rules/admission/pod_fixture.hpp"

namespace lws::rules {
namespace {

using testing::admit;
using testing::env_text;
using testing::patch_for;
using testing::PodText;

constexpr const char* kLws =
    "LWS_LEADER_ADDRESS=vllm-0.vllm.default LWS_GROUP_SIZE=4 LWS_WORKER_INDEX=2";

PodText worker_with(const std::string& container_members) {
    PodText pod;
    pod.name = "vllm-0-2";
    pod.labels = testing::kWorkerLabel;
    pod.spec = R"("subdomain":"vllm","containers":[{"name":"c")" +
               (container_members.empty() ? "" : "," + container_members) + "}]";
    return pod;
}

std::string first_env(const json::Document& pod) {
    return env_text(pod.root()["spec"]["containers"].at(0));
}

}  // namespace

TEST_CASE("our variables come first, then each other name once", "[rules][admission][env]") {
    struct Case {
        std::string name;
        std::string env;
        std::string after;  // behind our three
    };
    const auto c = GENERATE(values<Case>({
        {"absent", "", ""},
        {"null", R"("env":null)", ""},
        {"empty", R"("env":[])", ""},
        {"own ones keep their order",
         R"("env":[{"name":"B","value":"1"},{"name":"A","value":"2"}])",
         " B=1 A=2"},
        {"the first of a name wins",
         R"("env":[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"A","value":"3"}])",
         " A=1 B=2"},
        {"the first of a name wins with valueFrom too",
         R"("env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"x"}}},)"
         R"({"name":"A","value":"3"}])",
         " A"},
        {"ours replace the user's",
         R"("env":[{"name":"LWS_GROUP_SIZE","value":"9"},{"name":"A","value":"1"},)"
         R"({"name":"LWS_LEADER_ADDRESS","valueFrom":{"fieldRef":{"fieldPath":"x"}}}])",
         " A=1"},
        {"ours in another order are put in order",
         R"("env":[{"name":"LWS_GROUP_SIZE","value":"4"},)"
         R"({"name":"LWS_LEADER_ADDRESS","value":"vllm-0.vllm.default"},)"
         R"({"name":"LWS_WORKER_INDEX","value":"2"},{"name":"A","value":"1"}])",
         " A=1"},
        {"ours behind the first three vanish",
         R"("env":[{"name":"LWS_LEADER_ADDRESS","value":"vllm-0.vllm.default"},)"
         R"({"name":"LWS_GROUP_SIZE","value":"4"},{"name":"LWS_WORKER_INDEX","value":"2"},)"
         R"({"name":"A","value":"1"},{"name":"LWS_GROUP_SIZE","value":"5"}])",
         " A=1"},
        {"entries without a name count as one name",
         R"("env":[null,{"value":"1"},{"name":"A","value":"2"}])",
         "  A=2"},
    }));
    DYNAMIC_SECTION(c.name) {
        CHECK(first_env(admit(worker_with(c.env).json())) == kLws + c.after);
    }
}

TEST_CASE("env in place costs no operation, a duplicate one", "[rules][admission][env]") {
    auto pod = worker_with(
        R"("env":[{"name":"LWS_LEADER_ADDRESS","value":"vllm-0.vllm.default"},)"
        R"({"name":"LWS_GROUP_SIZE","value":"4"},{"name":"LWS_WORKER_INDEX","value":"2"},)"
        R"({"name":"A","value":"1"},{"name":"A","value":"2"}])"
    );
    pod.labels += R"(,"leaderworkerset.sigs.k8s.io/worker-index":"2")";
    CHECK(*patch_for(pod.json()) == R"([{"op":"remove","path":"/spec/containers/0/env/4"}])");
}

TEST_CASE("init containers are served, ephemeral ones are not", "[rules][admission][env]") {
    auto pod = worker_with("");
    pod.spec +=
        R"(,"initContainers":[{"name":"i"},null],"ephemeralContainers":[{"name":"e","env":[]}])";
    const auto admitted = admit(pod.json());
    const auto spec = admitted.root()["spec"];
    CHECK(first_env(admitted) == kLws);
    CHECK(env_text(spec["initContainers"].at(0)) == kLws);
    CHECK(env_text(spec["initContainers"].at(1)) == kLws);
    CHECK(spec["ephemeralContainers"].at(0)["env"].size() == 0);
    CHECK(spec["ephemeralContainers"].at(0)["env"].is_array());
}

TEST_CASE("unknown members of containers and entries survive", "[rules][admission][env]") {
    const auto admitted =
        admit(worker_with(R"("zeta":[1],"env":[{"name":"A","future":{"x":1}},{"name":"A"}])").json()
        );
    const auto container = admitted.root()["spec"]["containers"].at(0);
    CHECK(container["zeta"].at(0).int64() == 1);
    CHECK(container["env"].at(3)["future"]["x"].int64() == 1);
}

TEST_CASE("the leader's address is made of texts as they are", "[rules][admission][env]") {
    const auto admitted =
        admit(R"({"metadata":{"name":"x-1","labels":{"leaderworkerset.sigs.k8s.io/name":"a",)"
              R"("leaderworkerset.sigs.k8s.io/group-index":"+07"},)"
              R"("annotations":{"leaderworkerset.sigs.k8s.io/size":"+4"}},)"
              R"("spec":{"containers":[{}]}})");
    CHECK(
        env_text(admitted.root()["spec"]["containers"].at(0)) ==
        "LWS_LEADER_ADDRESS=a-+07.. LWS_GROUP_SIZE=+4 LWS_WORKER_INDEX=1"
    );
}

TEST_CASE("a hundred thousand variables take no quadratic time", "[rules][admission][env]") {
    std::string env = R"("env":[)";
    for (int i = 0; i < 100'000; ++i) {
        env += (i == 0 ? "" : ",") + (R"({"name":"V)" + std::to_string(i) + R"("})");
    }
    env += R"(,{"name":"V0"},{"name":"V99999"}])";
    const auto start = std::chrono::steady_clock::now();
    const auto patch = patch_for(worker_with(env).json());
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
    REQUIRE(patch.has_value());
    CHECK(
        patch->find(R"({"op":"remove","path":"/spec/containers/0/env/100001"},)"
                    R"({"op":"remove","path":"/spec/containers/0/env/100000"},)"
        ) != std::string::npos
    );
}

TEST_CASE("containers cannot multiply a patch without bound", "[rules][admission][env]") {
    auto pod = worker_with("");
    pod.spec = R"("containers":[{})";
    for (int i = 0; i < 200'000; ++i) {
        pod.spec += ",{}";
    }
    pod.spec += "]";
    CHECK(
        testing::denial(pod.json()) == "the environment of pod vllm-0-2 would exceed 16777216 bytes"
    );
}

}  // namespace lws::rules
