// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/tree_mutations.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <vector>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/writer.hpp"

namespace lws::webhook::property {
namespace {

using lws::testing::JsonTree;

constexpr std::array<std::string_view, 44> kOddValues{
    "null",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "[null]",
    "[{}]",
    R"({"a":null})",
    "\"\"",
    "\"x\"",
    "0",
    "1",
    "2",
    "3",
    "-1",
    "-0",
    "1.0",
    "1.5",
    "1e2",
    "1e300",
    "1000000",
    "1000001",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "100000000000000000000",
    "\"0\"",
    "\"1\"",
    "\"50%\"",
    "\"101%\"",
    "\"-5%\"",
    "\"+5%\"",
    "\"99999999999999999999%\"",
    "\"\\u0000\"",
    "\"\\u2028<&>\\\"\\\\\"",
    "\"\\ud83d\\ude00 \xC3\xA9\"",
    "\"9223372036854775808\"",
    "\"a/b~c\"",
};

constexpr std::array<std::string_view, 58> kKeys{
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "deletionTimestamp",
    "generation",
    "finalizers",
    "ownerReferences",
    "spec",
    "status",
    "replicas",
    "leaderWorkerTemplate",
    "leaderTemplate",
    "workerTemplate",
    "size",
    "restartPolicy",
    "subGroupPolicy",
    "subGroupSize",
    "subGroupPolicyType",
    "rolloutStrategy",
    "type",
    "rollingUpdateConfiguration",
    "partition",
    "maxUnavailable",
    "maxSurge",
    "startupPolicy",
    "networkConfig",
    "subdomainPolicy",
    "containers",
    "initContainers",
    "env",
    "value",
    "valueFrom",
    "resources",
    "limits",
    "requests",
    "google.com/tpu",
    "hostname",
    "subdomain",
    "affinity",
    "podAffinity",
    "podAntiAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "topologyKey",
    "activeDeadlineSeconds",
    "leaderworkerset.sigs.k8s.io/size",
    "leaderworkerset.sigs.k8s.io/subgroup-size",
    "leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology",
    "",
    "a/b",
    "~0~1/",
    "\"\\\n",
    "\xC3\xA9\xE2\x80\xA8",
    "x-unknown",
};

JsonTree parsed(const std::string& text) {
    const auto document = json::parse(text);
    return document ? lws::testing::read_tree(document->root()) : JsonTree();
}

void collect(JsonTree& tree, std::vector<JsonTree*>& out) {
    out.push_back(&tree);
    for (auto& field : tree.fields) {
        collect(field.second, out);
    }
    for (auto& item : tree.items) {
        collect(item, out);
    }
}

// A number moves by little, a text loses or gains a character.
void change_slightly(JsonTree& scalar, Random& random) {
    std::int64_t number = 0;
    auto& text = scalar.scalar;
    const auto end = text.data() + text.size();
    if (std::from_chars(text.data(), end, number).ptr == end && !text.empty()) {
        const auto step = static_cast<std::uint64_t>(random.between(-2, 2));
        text = std::to_string(static_cast<std::int64_t>(static_cast<std::uint64_t>(number) + step));
        return;
    }
    const auto document = json::parse(text);
    if (!document || !document->root().is_string()) {
        return;
    }
    std::string inside(document->root().string_or(""));
    if (inside.empty() || random.one_in(2)) {
        inside += random.pick({"-", "0", "1", "a", "A", "%", "/", "~", " ", "\xC3\xA9", "\n", "."});
    } else if (static_cast<unsigned char>(inside.back()) < 0x80) {
        inside.pop_back();
    }
    text = json::quoted(inside);
}

void change_object(JsonTree& object, Random& random) {
    auto& fields = object.fields;
    if (fields.empty() || random.one_in(4)) {
        fields.emplace_back(some_key(random), parsed(odd_value(random)));
        return;
    }
    const auto at = fields.begin() + static_cast<std::ptrdiff_t>(random.up_to(fields.size()));
    switch (random.up_to(4)) {
        case 0: {
            auto copy = *at;
            fields.push_back(std::move(copy));
            break;
        }
        case 1:
            at->first = some_key(random);
            break;
        default:
            fields.erase(at);
    }
}

void change_array(JsonTree& array, Random& random) {
    auto& items = array.items;
    if (items.empty() || random.one_in(3)) {
        items.push_back(parsed(odd_value(random)));
        return;
    }
    const auto at = items.begin() + static_cast<std::ptrdiff_t>(random.up_to(items.size()));
    if (random.one_in(2) && items.size() < 64) {
        auto copy = *at;
        items.push_back(std::move(copy));
    } else {
        items.erase(at);
    }
}

}  // namespace

void mutate(JsonTree& tree, Random& random) {
    std::vector<JsonTree*> nodes;
    collect(tree, nodes);
    auto& node = *nodes[random.up_to(nodes.size())];
    if (random.one_in(3)) {
        node = parsed(odd_value(random));
    } else if (node.is_object()) {
        change_object(node, random);
    } else if (node.is_array()) {
        change_array(node, random);
    } else {
        change_slightly(node, random);
    }
}

void shuffle_members(JsonTree& tree, Random& random) {
    random.shuffle(tree.fields);
    for (auto& field : tree.fields) {
        shuffle_members(field.second, random);
    }
    for (auto& item : tree.items) {
        shuffle_members(item, random);
    }
}

std::string odd_value(Random& random) {
    return std::string(random.pick<std::string_view>(kOddValues));
}

std::string some_key(Random& random) {
    return std::string(random.pick<std::string_view>(kKeys));
}

}  // namespace lws::webhook::property
