// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/subgroups.hpp"

#include <limits>

#include "pkg/lws/rules/admission/group_key.hpp"
#include "pkg/lws/rules/admission/pod_fixture.hpp"

namespace lws::rules {
namespace {

using testing::admit;
using testing::denial;
using testing::kLeaderLabel;
using testing::kWorkerLabel;
using testing::label;
using testing::PodText;

std::string annotation(const std::string& name, const std::string& value) {
    return "\"leaderworkerset.sigs.k8s.io/" + name + "\":\"" + value + '"';
}

PodText leader(const std::string& annotations) {
    PodText pod;
    pod.labels = kLeaderLabel;
    pod.annotations = annotations;
    return pod;
}

PodText worker(int index, const std::string& annotations) {
    PodText pod;
    pod.name = "vllm-0-" + std::to_string(index);
    pod.labels = kWorkerLabel;
    pod.annotations = annotation("leader-name", "vllm-0") + "," + annotations;
    return pod;
}

// `T: key In [v]` of the affinity terms, `T: key Exists key NotIn [v]` of the others.
std::string terms_text(const json::Document& pod, std::string_view kind) {
    std::string text;
    const auto terms =
        pod.root()["spec"]["affinity"][kind]["requiredDuringSchedulingIgnoredDuringExecution"];
    for (const auto term : terms.items()) {
        text += text.empty() ? "" : "; ";
        text += term["topologyKey"].string_or("(none)");
        text += ":";
        for (const auto want : term["labelSelector"]["matchExpressions"].items()) {
            const auto key = want["key"].string_or("");
            text += " " + std::string(key.substr(key.find('/') + 1)) + " ";
            text += want["operator"].string_or("");
            if (want["values"].exists()) {
                text += " " + json::to_text(want["values"]);
            }
        }
    }
    return text;
}

void check_exclusive(
    const json::Document& pod,
    const std::string& topology,
    const std::string& key,
    const std::string& value
) {
    CHECK(terms_text(pod, "podAffinity") == topology + ": " + key + " In [\"" + value + "\"]");
    CHECK(
        terms_text(pod, "podAntiAffinity") ==
        topology + ": " + key + " Exists " + key + " NotIn [\"" + value + "\"]"
    );
}

}  // namespace

TEST_CASE("workers are dealt to subgroups in order", "[rules][admission][subgroups]") {
    struct Case {
        std::int64_t size;
        std::int64_t subgroup_size;
        std::int64_t worker;
        std::int64_t index;
    };
    const auto c = GENERATE(values<Case>({
        {8, 4, 3, 0},
        {8, 4, 4, 1},
        {8, 4, 7, 1},
        {9, 4, 1, 0},  // the leader is an extra member of the first
        {9, 4, 4, 0},
        {9, 4, 5, 1},
        {9, 4, 8, 1},
        {4, 1, 3, 3},
        {5, 5, 4, 0},
        {5, 4, 0, 0},  // (0 - 1) / 4 truncates towards zero
        {5, -2, 3, -1},
        {std::numeric_limits<std::int64_t>::min(), -1, 3, -3},
        {0, 7, 8, 1},
    }));
    CAPTURE(c.size, c.subgroup_size, c.worker);
    CHECK(worker_subgroup_index(c.size, c.subgroup_size, c.worker) == c.index);
}

TEST_CASE("a leader lands on subgroup 0", "[rules][admission][subgroups]") {
    SECTION("with a subgroup size") {
        const auto pod = admit(leader(annotation("subgroup-size", "2")).json());
        CHECK(label(pod, "subgroup-index") == "0");
        CHECK(label(pod, "subgroup-key") == make_group_key("vllm-0", "0"));
        CHECK_FALSE(pod.root()["spec"]["affinity"].exists());
    }
    SECTION("an empty index counts as absent") {
        auto text = leader(annotation("subgroup-size", "2"));
        text.labels += R"(,"leaderworkerset.sigs.k8s.io/subgroup-index":"")";
        CHECK(label(admit(text.json()), "subgroup-index") == "0");
    }
    SECTION("an index that is there stays, without key") {
        auto text = leader(
            annotation("subgroup-size", "2") + "," + annotation("subgroup-exclusive-topology", "r")
        );
        text.labels += R"(,"leaderworkerset.sigs.k8s.io/subgroup-index":"7")";
        const auto pod = admit(text.json());
        CHECK(label(pod, "subgroup-index") == "7");
        CHECK(label(pod, "subgroup-key") == "(none)");
        CHECK_FALSE(pod.root()["spec"]["affinity"].exists());
    }
    SECTION("not without subgroups") {
        CHECK(label(admit(leader("").json()), "subgroup-index") == "(none)");
    }
    SECTION("not when leaders are excluded") {
        const auto pod = admit(leader(
                                   annotation("subgroup-size", "2") + "," +
                                   annotation("subgroup-policy-type", "LeaderExcluded") + "," +
                                   annotation("subgroup-exclusive-topology", "r")
        )
                                   .json());
        CHECK(label(pod, "subgroup-index") == "(none)");
        CHECK(label(pod, "subgroup-key") == "(none)");
        CHECK_FALSE(pod.root()["spec"]["affinity"].exists());
    }
    SECTION("a size that is no number does not matter to it") {
        CHECK(
            label(admit(leader(annotation("subgroup-size", "x")).json()), "subgroup-index") == "0"
        );
    }
}

TEST_CASE("a worker gets subgroup index and key", "[rules][admission][subgroups]") {
    SECTION("of its leader") {
        const auto pod = admit(worker(3, annotation("subgroup-size", "2")).json());
        CHECK(label(pod, "subgroup-index") == "1");
        CHECK(label(pod, "subgroup-key") == make_group_key("vllm-0", "1"));
    }
    SECTION("of an empty leader name when it has none") {
        PodText text = worker(3, "");
        text.annotations = annotation("subgroup-size", "2");
        CHECK(label(admit(text.json()), "subgroup-key") == make_group_key("", "1"));
    }
    SECTION("not when it has an index") {
        auto text = worker(
            3,
            annotation("subgroup-size", "x") + "," + annotation("subgroup-exclusive-topology", "r")
        );
        text.labels += R"(,"leaderworkerset.sigs.k8s.io/subgroup-index":"5")";
        const auto pod = admit(text.json());
        CHECK(label(pod, "subgroup-index") == "5");
        CHECK(label(pod, "subgroup-key") == "(none)");
        CHECK_FALSE(pod.root()["spec"]["affinity"].exists());
    }
    SECTION("with exclusive placement of the subgroup") {
        const auto pod = admit(worker(
                                   3,
                                   annotation("subgroup-size", "2") + "," +
                                       annotation("subgroup-exclusive-topology", "rack")
        )
                                   .json());
        check_exclusive(pod, "rack", "subgroup-key", make_group_key("vllm-0", "1"));
    }
    SECTION("a subgroup size that is no integer is denied") {
        CHECK(
            denial(worker(3, annotation("subgroup-size", "two")).json()) ==
            "strconv.Atoi: parsing \"two\": invalid syntax"
        );
    }
    SECTION("a subgroup size of 0 is denied") {
        CHECK(
            denial(worker(3, annotation("subgroup-size", "0")).json()) ==
            "subgroup-size annotation must not be 0 for pod vllm-0-3"
        );
    }
}

TEST_CASE("exclusive topology places a leader by its group key", "[rules][admission][affinity]") {
    const auto group_key = make_group_key("default", "vllm-0");
    SECTION("on a pod without affinity") {
        const auto pod = admit(leader(annotation("exclusive-topology", "rack")).json());
        check_exclusive(pod, "rack", "group-key", group_key);
    }
    SECTION("even for an empty topology key") {
        check_exclusive(
            admit(leader(annotation("exclusive-topology", "")).json()), "", "group-key", group_key
        );
    }
    SECTION("by the value of the label") {
        auto text = leader(annotation("exclusive-topology", "rack"));
        text.labels += R"(,"leaderworkerset.sigs.k8s.io/group-key":"mine")";
        check_exclusive(admit(text.json()), "rack", "group-key", "mine");
    }
    SECTION("not on a worker") {
        const auto pod = admit(worker(1, annotation("exclusive-topology", "rack")).json());
        CHECK_FALSE(pod.root()["spec"]["affinity"].exists());
    }
}

TEST_CASE("exclusive terms join the terms of the user", "[rules][admission][affinity]") {
    const auto group_key = make_group_key("default", "vllm-0");
    auto text = leader(annotation("exclusive-topology", "rack"));
    SECTION("behind them") {
        text.spec +=
            R"(,"affinity":{"nodeAffinity":{"x":1},"podAntiAffinity":null,"podAffinity":{)"
            R"("requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"rack"}]}})";
        const auto pod = admit(text.json());
        CHECK(
            terms_text(pod, "podAffinity") == "rack:; rack: group-key In [\"" + group_key + "\"]"
        );
        CHECK(
            terms_text(pod, "podAntiAffinity") ==
            "rack: group-key Exists group-key NotIn [\"" + group_key + "\"]"
        );
        CHECK(pod.root()["spec"]["affinity"]["nodeAffinity"]["x"].int64() == 1);
    }
    SECTION("unless both kinds have the topology key already") {
        text.spec +=
            R"(,"affinity":{"podAntiAffinity":{)"
            R"("requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"rack"}]},)"
            R"("podAffinity":{)"
            R"("requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"rack"}]}})";
        const auto pod = admit(text.json());
        CHECK(terms_text(pod, "podAffinity") == "rack:");
        CHECK(terms_text(pod, "podAntiAffinity") == "rack:");
    }
}

TEST_CASE("group terms come before subgroup terms", "[rules][admission][affinity]") {
    const auto group_key = make_group_key("default", "vllm-0");
    const auto both = [](const std::string& group, const std::string& subgroup) {
        return leader(
            annotation("subgroup-size", "2") + "," + annotation("exclusive-topology", group) + "," +
            annotation("subgroup-exclusive-topology", subgroup)
        );
    };
    SECTION("for different topologies") {
        const auto pod = admit(both("rack", "host").json());
        CHECK(
            terms_text(pod, "podAffinity") == "rack: group-key In [\"" + group_key +
                                                  "\"]; host: subgroup-key In [\"" +
                                                  make_group_key("vllm-0", "0") + "\"]"
        );
    }
    SECTION("and stand alone for the same one") {
        check_exclusive(admit(both("rack", "rack").json()), "rack", "group-key", group_key);
    }
}

}  // namespace lws::rules
