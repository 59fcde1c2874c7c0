// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "webhook/property/generators.hpp"

namespace lws::webhook::property {
namespace {

constexpr std::string_view kPrefix = "leaderworkerset.sigs.k8s.io/";

std::string braces(const std::string& members) {
    return "{" + members + "}";
}

std::string ours(std::string_view name) {
    return std::string(kPrefix) + std::string(name);
}

std::string make_terms(Random& random) {
    return R"({"x-unknown":1,"requiredDuringSchedulingIgnoredDuringExecution":)" +
           std::string(random.pick(
               {"null",
                "[]",
                R"([{"topologyKey":"rack","labelSelector":{}}])",
                R"([{"topologyKey":"rack"}])",
                R"([{"topologyKey":"x"}])"}
           )) +
           "}";
}

std::string make_affinity(Random& random) {
    if (random.one_in(6)) {
        return std::string(random.pick({"null", "{}", R"({"nodeAffinity":{"a":[]}})"}));
    }
    std::string members;
    if (!random.one_in(4)) {
        append_member(members, "podAffinity", make_terms(random));
    }
    if (!random.one_in(4)) {
        append_member(members, "podAntiAffinity", make_terms(random));
    }
    return braces(members);
}

std::string make_name(Random& random, bool leader) {
    if (random.one_in(16)) {
        return std::string(
            random.pick({"x", "", "vllm-", "-3", "a-99999999999", "7", "a\n-1", "-3", "-7"})
        );
    }
    if (leader) {
        return std::string(random.pick({"vllm-0", "vllm-12", "a-b-003", "a-2147483647"}));
    }
    const auto ordinal = random.one_in(40) ? 0 : random.between(1, 9);
    return std::string(random.pick({"vllm-0-", "vllm-12-", "a-b-0-"})) + std::to_string(ordinal);
}

std::string make_pod_labels(Random& random, bool leader) {
    std::string members;
    append_member(members, ours("name"), random.one_in(20) ? "\"\"" : "\"vllm\"");
    if (leader) {
        append_member(members, ours("worker-index"), "\"0\"");
    } else if (random.one_in(4)) {
        append_member(
            members, ours("worker-index"), random.pick({"\"00\"", "\"1\"", "\"\"", "\"3\""})
        );
    }
    if (leader ? random.one_in(3) : !random.one_in(25)) {
        append_member(members, ours("group-index"), random.pick({"\"0\"", "\"12\"", "\"\""}));
    }
    if (leader ? random.one_in(5) : random.one_in(2)) {
        append_member(members, ours("group-key"), random.pick({"\"k\"", "\"\"", "null"}));
    }
    if (random.one_in(6)) {
        append_member(
            members,
            ours("subgroup-index"),
            random.pick({"\"\"", "\"0\"", "\"1\"", "\"x\"", "\"4294967296\""})
        );
    }
    if (random.one_in(2)) {
        append_member(members, ours("template-revision-hash"), "\"5d8f\"");
    }
    append_member(members, "x~/", "\"kept\"");
    return braces(members);
}

std::string make_size(Random& random) {
    if (random.one_in(12)) {
        return std::string(random.pick(
            {"four",
             "",
             "4.0",
             "0x4",
             "4_0",
             " 4",
             "9223372036854775808",
             "-9223372036854775809",
             "\xC3\xA9",
             "+"}
        ));
    }
    if (random.one_in(8)) {
        return std::string(random.pick(
            {"+9", "007", "0", "-1", "-9223372036854775808", "9223372036854775807", "100000000"}
        ));
    }
    return std::to_string(random.between(1, 9));
}

std::string make_pod_annotations(Random& random, bool leader) {
    std::string members;
    if (!random.one_in(30)) {
        append_member(members, ours("size"), quoted(make_size(random)));
    }
    if (random.one_in(2)) {
        append_member(
            members,
            ours("subgroup-size"),
            random.one_in(8) ? random.pick(
                                   {"\"0\"",
                                    "\"x\"",
                                    "\"-1\"",
                                    "\"-2\"",
                                    "\"4294967296\"",
                                    "\"\"",
                                    "\"-9223372036854775808\""}
                               )
                             : random.pick({"\"1\"", "\"2\"", "\"2\"", "\"3\"", "\"4\""})
        );
    }
    if (random.one_in(4)) {
        append_member(
            members,
            ours("subgroup-policy-type"),
            random.pick({"\"LeaderExcluded\"", "\"LeaderWorker\"", "null"})
        );
    }
    if (random.one_in(4)) {
        append_member(
            members, ours("exclusive-topology"), random.pick({"\"rack\"", "\"zone\"", "\"\""})
        );
    }
    if (random.one_in(4)) {
        append_member(
            members,
            ours("subgroup-exclusive-topology"),
            random.pick({"\"rack\"", "\"host\"", "\"\""})
        );
    }
    if (random.one_in(3)) {
        append_member(
            members, ours("subdomainPolicy"), random.pick({"\"UniquePerReplica\"", "\"Shared\""})
        );
    }
    if (random.one_in(2)) {
        append_member(
            members,
            ours("leader-requests-tpus"),
            random.pick({"\"true\"", "\"true\"", "\"false\"", "\"True\""})
        );
    }
    if (!leader && !random.one_in(8)) {
        append_member(members, ours("leader-name"), "\"vllm-0\"");
    }
    append_member(members, "x-unknown", "\"kept\"");
    return braces(members);
}

std::string make_pod_metadata(Random& random, bool leader) {
    std::string members;
    if (random.one_in(30)) {
        append_member(members, "generateName", "\"vllm-\"");
    } else {
        append_member(members, "name", quoted(make_name(random, leader)));
    }
    if (!random.one_in(10)) {
        append_member(members, "namespace", "\"default\"");
    }
    const auto labels =
        random.one_in(40) ? std::string(R"({"app":"x"})") : make_pod_labels(random, leader);
    append_member(members, "labels", labels);
    if (!random.one_in(60)) {
        append_member(members, "annotations", make_pod_annotations(random, leader));
    }
    return braces(members);
}

std::string make_group_pod_spec(Random& random) {
    std::string members;
    if (!random.one_in(4)) {
        append_member(
            members, "subdomain", random.pick({"\"vllm\"", "\"vllm-0\"", "\"\"", "null"})
        );
    }
    if (random.one_in(2)) {
        append_member(members, "affinity", make_affinity(random));
    }
    append_member(members, "containers", make_containers(random));
    if (random.one_in(3)) {
        append_member(members, "initContainers", make_containers(random));
    }
    append_member(members, "ephemeralContainers", R"([{"env":[{"name":"A"}]}])");
    if (random.one_in(4)) {
        append_member(members, "x-unknown", R"({"n~/":[null,1.5]})");
    }
    return braces(members);
}

}  // namespace

std::string make_group_pod(Random& random) {
    const bool leader = random.one_in(2);
    std::string members;
    if (!random.one_in(10)) {
        append_member(members, "apiVersion", "\"v1\"");
        append_member(members, "kind", "\"Pod\"");
    }
    append_member(members, "metadata", make_pod_metadata(random, leader));
    append_member(members, "spec", random.one_in(60) ? "null" : make_group_pod_spec(random));
    auto pod = braces(members);
    make_odd(random, pod);
    return pod;
}

}  // namespace lws::webhook::property
