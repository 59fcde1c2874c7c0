// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>
#include <string>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/testing/json_tree.hpp"
#include "webhook/property/generators.hpp"
#include "webhook/property/set_parts.hpp"
#include "webhook/property/tree_mutations.hpp"

namespace lws::webhook::property {
namespace {

std::string make_sub_group_policy(Random& random, std::int64_t size) {
    std::string members;
    if (!random.one_in(25)) {
        // A divisor of size or size - 1 most of the time.
        auto of = random.one_in(2) ? size : size - 1;
        of = of < 1 ? 1 : of;
        auto divisor = random.between(1, of < 16 ? of : 16);
        while (of % divisor != 0) {
            --divisor;
        }
        const auto bad =
            random.pick({"0", "-1", "3", "null", "100", "-2147483648", "2147483647", "-2"});
        append_member(
            members, "subGroupSize", random.one_in(6) ? std::string(bad) : std::to_string(divisor)
        );
    }
    if (random.one_in(2)) {
        append_member(
            members,
            "subGroupPolicyType",
            random.pick(
                {"\"LeaderWorker\"", "\"LeaderExcluded\"", "\"LeaderExcluded\"", "\"Other\"", "null"
                }
            )
        );
    }
    return object_of(members);
}

std::string make_leader_worker_template(Random& random) {
    std::string members;
    std::int64_t size = random.between(1, 9);
    if (random.one_in(20)) {
        // 2148 times a million is over the limit; larger groups would cost more than they tell.
        size = random.one_in(5) ? random.between(2140, 2155) : random.between(-1, 0);
    } else if (random.one_in(60)) {
        size = random.one_in(2) ? -2147483648 : 2147483647;
    }
    if (!random.one_in(40)) {
        append_member(members, "size", random.one_in(80) ? "null" : std::to_string(size));
    }
    if (random.one_in(2)) {
        append_member(
            members,
            "restartPolicy",
            random.pick(
                {"\"RecreateGroupOnPodRestart\"",
                 "\"RecreateGroupAfterStart\"",
                 "\"None\"",
                 "\"Default\"",
                 "\"\"",
                 "null"}
            )
        );
    }
    if (random.one_in(3)) {
        append_member(members, "subGroupPolicy", make_sub_group_policy(random, size));
    }
    if (random.one_in(3)) {
        append_member(
            members, "leaderTemplate", random.one_in(12) ? "null" : make_template(random)
        );
    }
    append_member(members, "workerTemplate", make_template(random));
    if (random.one_in(8)) {
        append_member(
            members,
            "volumeClaimTemplates",
            R"([{"metadata":{"name":"v"},"spec":{"accessModes":["ReadWriteOnce"],"x":1}}])"
        );
    }
    return object_of(members);
}

std::string make_rollout(Random& random) {
    std::string members;
    if (!random.one_in(8)) {
        append_member(
            members,
            "type",
            random.pick({"\"RollingUpdate\"", "\"RollingUpdate\"", "\"\"", "\"Other\""})
        );
    }
    if (!random.one_in(8)) {
        std::string rolling;
        if (!random.one_in(4)) {
            append_member(
                rolling,
                "partition",
                good_or_bad(random, 12, {"0", "1", "2"}, {"-1", "null", "2147483648"})
            );
        }
        if (!random.one_in(8)) {
            append_member(rolling, "maxUnavailable", make_budget(random));
        }
        if (!random.one_in(3)) {
            append_member(rolling, "maxSurge", make_budget(random));
        }
        append_member(
            members, "rollingUpdateConfiguration", random.one_in(20) ? "null" : object_of(rolling)
        );
    }
    return object_of(members);
}

std::string make_spec(Random& random) {
    std::string members;
    if (!random.one_in(20)) {
        append_member(
            members,
            "replicas",
            good_or_bad(
                random,
                16,
                {"1", "2", "3", "0", "10", "100"},
                {"-1",
                 "1000000",
                 "1000001",
                 "2147483647",
                 "2147483648",
                 "-9223372036854775809",
                 "null"}
            )
        );
    }
    append_member(members, "leaderWorkerTemplate", make_leader_worker_template(random));
    if (random.one_in(2)) {
        append_member(
            members, "rolloutStrategy", random.one_in(20) ? "null" : make_rollout(random)
        );
    }
    if (random.one_in(3)) {
        append_member(
            members, "startupPolicy", random.pick({"\"LeaderCreated\"", "\"LeaderReady\"", "\"\""})
        );
    }
    if (random.one_in(2)) {
        append_member(
            members,
            "networkConfig",
            random.pick(
                {R"({"subdomainPolicy":"Shared"})",
                 R"({"subdomainPolicy":"UniquePerReplica"})",
                 "{}",
                 "null",
                 R"({"subdomainPolicy":null})",
                 R"({"subdomainPolicy":""})"}
            )
        );
    }
    return object_of(members);
}

// Nothing is left to default and nothing is wrong.
std::string make_complete_set(Random& random) {
    const std::string group(random.pick({R"("size":1)", R"("size":4)", R"("size":5)"}));
    return R"({"apiVersion":"leaderworkerset.x-k8s.io/v1","kind":"LeaderWorkerSet","metadata":{)"
           R"("name":"vllm","namespace":"default"},"spec":{"replicas":)" +
           std::to_string(random.between(0, 4)) + R"(,"leaderWorkerTemplate":{)" + group +
           R"(,"restartPolicy":"RecreateGroupOnPodRestart","workerTemplate":{"spec":{"containers":[)"
           R"({"name":"c","image":"i"}]}}},"rolloutStrategy":{"type":"RollingUpdate",)"
           R"("rollingUpdateConfiguration":{"partition":0,"maxUnavailable":1,"maxSurge":0}},)"
           R"("startupPolicy":"LeaderCreated","networkConfig":{"subdomainPolicy":"Shared"}}})";
}

}  // namespace

std::string make_set(Random& random) {
    if (random.one_in(12)) {
        return make_complete_set(random);
    }
    std::string members;
    if (!random.one_in(10)) {
        append_member(members, "apiVersion", "\"leaderworkerset.x-k8s.io/v1\"");
        append_member(members, "kind", "\"LeaderWorkerSet\"");
    }
    append_member(members, "metadata", make_metadata(random));
    if (!random.one_in(100)) {
        append_member(members, "spec", make_spec(random));
    }
    if (random.one_in(10)) {
        append_member(members, "status", R"({"replicas":1,"x-unknown":[{"a":null}]})");
    }
    auto set = object_of(members);
    make_odd(random, set);
    return set;
}

std::string make_large_set(Random& random) {
    std::string labels;
    const bool bad = random.one_in(2);
    for (int i = 1500; i > 0; --i) {
        append_member(labels, (bad ? "-" : "a") + std::to_string(i), "\"\"");
    }
    std::string set = make_complete_set(random);
    return set.replace(set.find(R"("namespace")"), 0, R"("labels":{)" + labels + "},");
}

void make_odd(Random& random, std::string& object) {
    if (!random.one_in(6)) {
        return;
    }
    const auto document = json::parse(object);
    if (!document) {
        return;
    }
    auto tree = lws::testing::read_tree(document->root());
    for (auto changes = 1 + random.up_to(3); changes > 0; --changes) {
        mutate(tree, random);
    }
    object = lws::testing::to_text(tree);
}

void append_member(std::string& members, std::string_view key, std::string_view value) {
    if (!members.empty()) {
        members += ',';
    }
    members += quoted(key);
    members += ':';
    members += value;
}

std::string quoted(std::string_view text) {
    return json::quoted(text);
}

}  // namespace lws::webhook::property
