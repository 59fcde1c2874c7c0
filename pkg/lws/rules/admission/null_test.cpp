// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/pod_fixture.hpp"
#include "pkg/lws/testing/without_nulls.hpp"

namespace lws::rules {
namespace {

using testing::patch_for;
using testing::PodText;

// A leader in which every member that some rule reads is there.
std::string full_pod() {
    PodText pod;
    pod.labels = testing::kLeaderLabel;
    pod.annotations = R"("leaderworkerset.sigs.k8s.io/exclusive-topology":"rack",)"
                      R"("leaderworkerset.sigs.k8s.io/subdomainPolicy":"UniquePerReplica")";
    const std::string terms =
        R"({"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"rack"}]})";
    const std::string containers =
        R"([{"env":[{"name":"A","value":"1"},{"name":"TPU_PROCESS_PORT","valueFrom":{}}],)"
        R"("resources":{"limits":{"google.com/tpu":"4"},"requests":{"google.com/tpu":"4"}}}])";
    pod.spec = R"("subdomain":"d","affinity":{"podAffinity":)" + terms + R"(,"podAntiAffinity":)" +
               terms + R"(},"containers":)" + containers + R"(,"initContainers":)" + containers;
    return pod.json();
}

std::string with_operation(const std::string& pod, const std::string& operation) {
    auto text = lws::testing::apply_patch(pod, "[" + operation + "]");
    REQUIRE(text.has_value());
    return *std::move(text);
}

// The pod after admission without its nulls, or why it is not admitted.
std::string outcome(const std::string& pod) {
    const auto patch = patch_for(pod);
    if (patch.has_error()) {
        return patch.error().message;
    }
    const auto patched = lws::testing::apply_patch(pod, *patch);
    REQUIRE(patched.has_value());
    const auto document = json::parse(*patched);
    REQUIRE(document.has_value());
    return lws::testing::without_nulls(document->root());
}

}  // namespace

TEST_CASE("null counts as absent in a pod", "[rules][admission]") {
    const std::string required = "/requiredDuringSchedulingIgnoredDuringExecution";
    const auto path = GENERATE_COPY(values<std::string>(
        {"/metadata",
         "/metadata/name",
         "/metadata/namespace",
         "/metadata/labels",
         "/metadata/annotations",
         "/spec",
         "/spec/subdomain",
         "/spec/affinity",
         "/spec/affinity/podAffinity",
         "/spec/affinity/podAntiAffinity" + required,
         "/spec/affinity/podAffinity" + required + "/0/topologyKey",
         "/spec/containers",
         "/spec/initContainers",
         "/spec/containers/0/env",
         "/spec/containers/0/env/0/name",
         "/spec/containers/0/env/0/value",
         "/spec/containers/0/env/1/valueFrom",
         "/spec/containers/0/resources",
         "/spec/containers/0/resources/limits",
         "/spec/containers/0/resources/limits/google.com~1tpu",
         "/spec/containers/0/resources/requests"}
    ));
    DYNAMIC_SECTION(path) {
        const std::string pod = full_pod();
        const auto nulled =
            with_operation(pod, R"({"op":"replace","path":")" + path + R"(","value":null})");
        const auto removed = with_operation(pod, R"({"op":"remove","path":")" + path + "\"}");
        const auto expected = outcome(removed);
        if (expected.starts_with('{')) {
            CHECK(lws::testing::same_json(outcome(nulled), expected));
        } else {
            CHECK(outcome(nulled) == expected);
        }
    }
}

}  // namespace lws::rules
