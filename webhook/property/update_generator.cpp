// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>
#include <string>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/json_tree.hpp"
#include "webhook/property/generators.hpp"
#include "webhook/property/set_parts.hpp"
#include "webhook/property/tree_mutations.hpp"

namespace lws::webhook::property {
namespace {

using lws::testing::JsonTree;

JsonTree parsed(std::string_view json) {
    const auto document = json::parse(std::string(json));
    return document ? lws::testing::read_tree(document->root()) : JsonTree();
}

void put(JsonTree& tree, std::initializer_list<std::string_view> path, std::string_view json) {
    JsonTree* here = &tree;
    for (const auto key : path) {
        if (!here->is_object()) {
            *here = JsonTree{JsonTree::Kind::object, {}, {}, {}};
        }
        auto* next = here->find(key);
        if (next == nullptr) {
            here->fields.emplace_back(std::string(key), JsonTree());
            next = &here->fields.back().second;
        }
        here = next;
    }
    *here = parsed(json);
}

void change_on_purpose(JsonTree& set, Random& random) {
    switch (random.up_to(9)) {
        case 0:
            return put(set, {"spec", "replicas"}, random.pick({"0", "1", "2", "5", "1000001"}));
        case 1:
            return put(
                set,
                {"spec", "leaderWorkerTemplate", "subGroupPolicy"},
                random.pick({"null", R"({"subGroupSize":2})", R"({"subGroupSize":1})", "{}"})
            );
        case 2:
            return put(
                set,
                {"spec", "networkConfig"},
                random.pick(
                    {"{}",
                     R"({"subdomainPolicy":null})",
                     R"({"subdomainPolicy":"UniquePerReplica"})"}
                )
            );
        case 3:
            return put(set, {"metadata", "labels"}, make_labels(random));
        case 4:
            return put(
                set,
                {"metadata", "labels"},
                random.pick({R"({"-":"","b":"c"})", R"({"b":"c","-":""})", R"({"-":""})"})
            );
        case 5:
            return put(
                set,
                {"spec", "rolloutStrategy", "rollingUpdateConfiguration", "maxSurge"},
                make_budget(random)
            );
        case 6:
            return put(
                set, {"spec", "leaderWorkerTemplate", "workerTemplate"}, make_template(random)
            );
        case 7:
            return put(set, {"metadata", "annotations"}, make_annotations(random));
        default:
            return put(
                set,
                {"spec", "startupPolicy"},
                random.pick({"\"LeaderReady\"", "\"LeaderCreated\""})
            );
    }
}

// Absent in the old object, as before a schema had them.
void take_away(JsonTree& set, Random& random) {
    auto* spec = set.find("spec");
    if (spec == nullptr || random.one_in(4)) {
        std::erase_if(set.fields, [](const auto& field) { return field.first == "spec"; });
        return;
    }
    const auto key =
        random.pick({"replicas", "rolloutStrategy", "networkConfig", "leaderWorkerTemplate"});
    std::erase_if(spec->fields, [&](const auto& field) { return field.first == key; });
}

// Something that no rule of creation allows, in the old object and, more or less, in the new one.
void keep_a_fault(JsonTree& set, std::string& old_object, Random& random) {
    auto old_set = set;
    if (random.one_in(2)) {
        put(old_set, {"metadata", "labels"}, R"({"-":""})");
        put(set, {"metadata", "labels"}, R"({"-":"","b":"c"})");
    } else {
        put(old_set, {"spec", "leaderWorkerTemplate", "subGroupPolicy"}, "{}");
        put(set,
            {"spec", "leaderWorkerTemplate", "subGroupPolicy"},
            random.pick({R"({"subGroupSize":1})", R"({"subGroupSize":2})", "null"}));
    }
    old_object = lws::testing::to_text(old_set);
}

}  // namespace

void make_update(Random& random, std::string& object, std::string& old_object) {
    old_object = make_set(random);
    if (random.one_in(6)) {
        object = make_set(random);
        return;
    }
    const auto document = json::parse(old_object);
    if (!document) {
        object = old_object;
        return;
    }
    auto tree = lws::testing::read_tree(document->root());
    if (random.one_in(5)) {
        // A change of the old object that makes it worse: then the update leaves a fault as it is.
        change_on_purpose(tree, random);
        old_object = lws::testing::to_text(tree);
    }
    if (random.one_in(5)) {
        auto old_tree = tree;
        take_away(old_tree, random);
        old_object = lws::testing::to_text(old_tree);
    }
    if (random.one_in(12)) {
        keep_a_fault(tree, old_object, random);
    } else if (random.one_in(3)) {
        mutate(tree, random);
    } else {
        change_on_purpose(tree, random);
    }
    object = lws::testing::to_text(tree);
}

}  // namespace lws::webhook::property
