// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/set_parts.hpp"

#include "webhook/property/generators.hpp"

namespace lws::webhook::property {
namespace {

constexpr std::string_view kPrefix = "leaderworkerset.sigs.k8s.io/";

std::string make_name(Random& random) {
    if (random.one_in(8)) {
        return std::string(
            static_cast<std::size_t>(random.between(44, random.one_in(2) ? 54 : 66)), 'a'
        );
    }
    return good_or_bad(
        random,
        20,
        {"vllm", "a", "llama-70b", "x0", "a-0"},
        {"-a", "A", "a.b", "a-", "\xC3\xA9", "0a", "a b", "a\n"}
    );
}

std::string make_pod_spec(Random& random) {
    std::string members;
    if (!random.one_in(40)) {
        append_member(members, "containers", make_containers(random));
    }
    if (random.one_in(5)) {
        append_member(members, "initContainers", make_containers(random));
    }
    if (random.one_in(20)) {
        append_member(members, "restartPolicy", random.pick({"\"Always\"", "\"Never\"", "\"\""}));
    }
    if (random.one_in(30)) {
        append_member(members, "activeDeadlineSeconds", random.pick({"5", "null"}));
    }
    if (random.one_in(20)) {
        append_member(
            members, random.pick({"hostname", "subdomain"}), random.pick({"\"h\"", "\"\""})
        );
    }
    if (random.one_in(8)) {
        append_member(members, "x-unknown", R"({"a/b~c":[null,1]})");
    }
    return object_of(members);
}

}  // namespace

std::string object_of(const std::string& members) {
    return "{" + members + "}";
}

std::string good_or_bad(
    Random& random,
    std::size_t odds,
    std::initializer_list<std::string_view> good,
    std::initializer_list<std::string_view> bad
) {
    return std::string(random.one_in(odds) ? random.pick(bad) : random.pick(good));
}

std::string make_labels(Random& random) {
    std::string members;
    for (auto count = random.up_to(4); count > 0; --count) {
        const auto key = good_or_bad(
            random,
            16,
            {"app", "team/x", "tier", "example.com/a", "B"},
            {"-", "a//b", "", "a b", "x/\xC3\xA9", "~", "/a"}
        );
        const auto value = good_or_bad(
            random, 16, {"\"v\"", "\"\"", "\"a.b-c\"", "null"}, {"\"-\"", "\"a b\"", "\"\\n\""}
        );
        append_member(members, key, value);
    }
    return object_of(members);
}

std::string make_annotations(Random& random) {
    std::string members;
    const auto ours = [&](std::string_view name, std::string_view value) {
        append_member(members, std::string(kPrefix) + std::string(name), value);
    };
    if (random.one_in(4)) {
        ours("exclusive-topology", random.pick({"\"rack\"", "\"zone\"", "\"\""}));
    }
    if (random.one_in(5)) {
        ours("subgroup-exclusive-topology", random.pick({"\"rack\"", "\"zone\"", "\"\"", "null"}));
    }
    if (random.one_in(10)) {
        ours(
            "restart-grace-period-seconds",
            random.pick({"\"5\"", "\"30\"", "\"0\"", "\"-1\"", "\"x\"", "null", "\"5s\""})
        );
    }
    if (random.one_in(10)) {
        ours("pod-termination-policy", random.pick({"\"Parallel\"", "\"Serial\"", "\"\""}));
    }
    if (random.one_in(12)) {
        ours("experimental-recreate-group-after-start", "\"\"");
    }
    if (random.one_in(6)) {
        append_member(members, random.pick({"note", "a/b", "X~y", "A/b", "-", "/"}), "\"n~/\"");
    }
    return object_of(members);
}

std::string make_metadata(Random& random) {
    std::string members;
    const bool with_prefix = random.one_in(10);
    if (!random.one_in(with_prefix ? 3 : 60)) {
        append_member(members, "name", quoted(make_name(random)));
    }
    if (with_prefix) {
        append_member(
            members,
            "generateName",
            quoted(good_or_bad(random, 3, {"vllm-", "a-"}, {"A-", "-", "a.-", "x_"}))
        );
    }
    if (!random.one_in(60)) {
        append_member(
            members,
            "namespace",
            good_or_bad(random, 40, {"\"default\"", "\"ml\""}, {"\"-a\"", "\"\"", "\"A\""})
        );
    }
    if (random.one_in(3)) {
        append_member(members, "labels", make_labels(random));
    }
    if (random.one_in(2)) {
        append_member(members, "annotations", make_annotations(random));
    }
    if (random.one_in(20)) {
        append_member(members, "generation", random.pick({"1", "0", "-1"}));
    }
    if (random.one_in(12)) {
        append_member(members, "deletionTimestamp", "\"2026-01-01T00:00:00Z\"");
        append_member(members, "finalizers", R"(["example.com/x"])");
    }
    return object_of(members);
}

std::string make_template(Random& random) {
    std::string members;
    if (random.one_in(4)) {
        append_member(members, "metadata", R"({"labels":{"t":"u"},"creationTimestamp":null})");
    }
    append_member(members, "spec", make_pod_spec(random));
    return object_of(members);
}

std::string make_budget(Random& random) {
    return good_or_bad(
        random,
        6,
        {"1", "0", "2", "\"50%\"", "\"0%\"", "\"100%\"", "10"},
        {"-1",
         "\"101%\"",
         "\"5\"",
         "\"x%\"",
         "\"-5%\"",
         "\"+5%\"",
         "\"<5%\"",
         "null",
         "\"\xE2\x80\xA8%\"",
         "\"99999999999999999999%\"",
         "2147483647"}
    );
}

}  // namespace lws::webhook::property
