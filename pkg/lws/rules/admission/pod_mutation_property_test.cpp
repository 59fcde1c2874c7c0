// SPDX-License-Identifier: Apache-2.0
// Properties that hold for every pod, over pods made at random from a fixed seed.
#include <random>

#include "pkg/lws/rules/admission/pod_fixture.hpp"

namespace lws::rules {
namespace {

using testing::patch_for;

constexpr const char* kPrefix = "leaderworkerset.sigs.k8s.io/";

class PodSource {
public:
    explicit PodSource(unsigned seed) : random_(seed) {}

    std::string pod() {
        // A worker of ordinal 0 becomes a leader by its own index, as upstream has it: the one pod
        // that a second review changes again. StatefulSets of workers start at 1.
        const bool leader = chance(2);
        const std::string name = leader ? pick({"vllm-0", "vllm-12", "a-b-3", "vllm"})
                                        : pick({"vllm-0-1", "vllm-0-5", "x"});
        std::string labels = R"("zz":"kept","leaderworkerset.sigs.k8s.io/name":"vllm")";
        labels += leader ? labelled("worker-index", "0") : "";
        labels += leader && chance(2) ? "" : labelled("group-index", pick({"0", "12", ""}));
        labels += maybe(labelled("group-key", pick({"k", ""})));
        labels += maybe(labelled("subgroup-index", pick({"", "0", "1", "x"})));
        labels += maybe(labelled("template-revision-hash", "r"));
        std::string annotations = R"("zz":"kept")";
        annotations += labelled("size", pick({"1", "2", "4", "5", "+9", "-1"}));
        annotations += maybe(labelled("subgroup-size", pick({"1", "2", "3", "-2", "0", "x"})));
        annotations +=
            maybe(labelled("subgroup-policy-type", pick({"LeaderExcluded", "LeaderWorker"})));
        annotations += maybe(labelled("exclusive-topology", pick({"rack", "host", ""})));
        annotations += maybe(labelled("subgroup-exclusive-topology", pick({"rack", "host"})));
        annotations += maybe(labelled("subdomainPolicy", pick({"UniquePerReplica", "Shared"})));
        annotations += maybe(labelled("leader-requests-tpus", pick({"true", "false"})));
        annotations += maybe(labelled("leader-name", "vllm-0"));
        std::string metadata = R"("name":")" + name + '"';
        metadata += chance(4) ? "" : R"(,"namespace":"default")";
        metadata += R"(,"labels":{)" + labels + R"(},"annotations":{)" + annotations + "}";
        return R"({"zz":[1],"metadata":{)" + metadata + R"(},"spec":)" + spec() + "}";
    }

private:
    std::size_t roll(std::size_t sides) { return random_() % sides; }

    bool chance(std::size_t of) { return roll(of) == 0; }

    std::string pick(std::initializer_list<const char*> texts) {
        return *(texts.begin() + roll(texts.size()));
    }

    std::string maybe(std::string text) { return chance(2) ? text : ""; }

    static std::string labelled(const std::string& name, const std::string& value) {
        return ",\"" + std::string(kPrefix) + name + "\":\"" + value + '"';
    }

    std::string spec() {
        if (chance(30)) {
            return "null";
        }
        std::string text = R"({"zz":{"a":null},"ephemeralContainers":[{"env":[{"name":"A"}]}])";
        text += maybe(R"(,"subdomain":)" + pick({"\"vllm\"", "\"\"", "null"}));
        text += maybe(R"(,"affinity":)" + affinity());
        text += R"(,"containers":)" + containers();
        return text + maybe(R"(,"initContainers":)" + containers()) + "}";
    }

    std::string affinity() {
        const auto terms = [&] {
            return R"({"zz":1,"requiredDuringSchedulingIgnoredDuringExecution":)" +
                   pick({"null", "[]", R"([{"topologyKey":"rack"}])", R"([{"topologyKey":"x"}])"}) +
                   "}";
        };
        if (chance(3)) {
            return pick({"null", "{}", R"({"nodeAffinity":{}})"});
        }
        return R"({"podAffinity":)" + terms() + maybe(R"(,"podAntiAffinity":)" + terms()) + "}";
    }

    std::string containers() {
        std::string text = "[";
        for (auto count = roll(4); count > 0; --count) {
            text += text.size() > 1 ? "," : "";
            text += chance(12) ? "null" : container();
        }
        return text + "]";
    }

    std::string container() {
        std::string text = R"({"zz":"kept")";
        if (chance(2)) {
            text += R"(,"env":[)";
            for (auto count = roll(6); count > 0; --count) {
                text += R"({"name":")" +
                        pick(
                            {"A",
                             "B",
                             "LWS_LEADER_ADDRESS",
                             "LWS_GROUP_SIZE",
                             "TPU_NAME",
                             "TPU_PROCESS_PORT",
                             "TPU_WORKER_ID",
                             "~/"}
                        ) +
                        R"(","value":")" + pick({"1", "", "4", "vllm-0.vllm.default"}) + "\"}";
                text += count > 1 ? "," : "";
            }
            text += "]";
        }
        text += maybe(R"(,"resources":{"limits":{"google.com/tpu":)" + pick({"4", "\"0\""}) + "}}");
        return text + "}";
    }

    std::mt19937 random_;
};

bool is_owned(std::string_view path) {
    for (const std::string_view owned :
         {"/metadata/labels/leaderworkerset.sigs.k8s.io~1",
          "/metadata/annotations/scheduling.k8s.io~1group-name",
          "/spec/subdomain",
          "/spec/affinity"}) {
        if (path.starts_with(owned)) {
            return true;
        }
    }
    for (const std::string_view list : {"/spec/containers/", "/spec/initContainers/"}) {
        if (path.starts_with(list)) {
            const auto rest = path.substr(list.size());
            const auto member = rest.substr(std::min(rest.size(), rest.find('/')));
            return member.empty() || member.starts_with("/env");
        }
    }
    return path == "/spec";
}

}  // namespace

TEST_CASE("any pod: a patch of owned paths that applies once", "[rules][admission][property]") {
    PodSource source(20260823);
    const PodMutationOptions options{GENERATE(GangScheduling::off, GangScheduling::volcano)};
    std::size_t admitted = 0;
    for (int round = 0; round < 3'000; ++round) {
        const auto pod = source.pod();
        const auto patch = patch_for(pod, options);
        if (patch.has_error()) {
            REQUIRE(patch.error().code == ErrorCode::forbidden);
            REQUIRE_FALSE(patch.error().message.empty());
            continue;
        }
        CAPTURE(pod, *patch);
        ++admitted;
        const auto operations = json::parse(*patch);
        for (const auto operation : operations->root().items()) {
            CAPTURE(operation["path"].string_or(""));
            REQUIRE(is_owned(operation["path"].string_or("")));
        }
        const auto patched = lws::testing::apply_patch(pod, *patch);
        REQUIRE(patched.has_value());
        const auto again = patch_for(*patched, options);
        REQUIRE(again.has_value());
        REQUIRE(*again == "[]");
        const auto before = json::parse(pod);
        const auto after = json::parse(*patched);
        for (const auto* key : {"zz", "ephemeralContainers", "nodeAffinity"}) {
            REQUIRE(json::equal(before->root()[key], after->root()[key]));
            REQUIRE(json::equal(before->root()["spec"][key], after->root()["spec"][key]));
        }
    }
    CHECK(admitted > 1'000);
}

}  // namespace lws::rules
