// SPDX-License-Identifier: Apache-2.0
// Whatever stands where, every function of this folder answers.
#include <catch2/catch.hpp>
#include <chrono>

#include "pkg/lws/api/api_test_support.hpp"
#include "pkg/lws/api/defaulting.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/api/validation.hpp"
#include "pkg/lws/testing/without_nulls.hpp"

namespace lws::api {
namespace {

using namespace testing;

// A set in which every member that some rule looks at is there.
std::string full_set() {
    return changed({
        {"/metadata/generateName", "\"vllm-\""},
        {"/metadata/generation", "1"},
        {"/metadata/deletionTimestamp", "null"},
        {"/metadata/finalizers", R"(["a/b"])"},
        {"/metadata/ownerReferences", R"([{"name":"x"}])"},
        {"/metadata/labels", R"({"a":"b"})"},
        {"/metadata/annotations",
         R"({"leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology":"rack",
             "leaderworkerset.sigs.k8s.io/restart-grace-period-seconds":"5",
             "leaderworkerset.sigs.k8s.io/pod-termination-policy":"Parallel"})"},
        {std::string(kSizePath), "5"},
        {std::string(kPolicyPath), R"({"subGroupSize":2,"subGroupPolicyType":"LeaderExcluded"})"},
        {"/spec/leaderWorkerTemplate/leaderTemplate",
         R"({"metadata":{"labels":{"x":"y"}},"spec":{"hostname":"h","subdomain":"s",
             "restartPolicy":"Always","activeDeadlineSeconds":null,
             "initContainers":[{"env":[{"name":"LWS_GROUP_SIZE"}]}],
             "containers":[{"restartPolicy":"Never","env":[{"name":"A"}],
                 "resources":{"requests":{"google.com/tpu":0},"limits":{"google.com/tpu":"0"}}}]}})"
        },
        {"/spec/leaderWorkerTemplate/volumeClaimTemplates", R"([{"metadata":{"name":"v"}}])"},
        {"/spec/leaderWorkerTemplate/persistentVolumeClaimRetentionPolicy",
         R"({"whenDeleted":"Retain","whenScaled":"Delete"})"},
        {"/status", R"({"replicas":1,"conditions":[{"type":"Available"}]})"},
    });
}

std::string escaped(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (c == '~' || c == '/') {
            out += c == '~' ? "~0" : "~1";
        } else {
            out += c;
        }
    }
    return out;
}

// Pointers of all members of objects, at any depth; elements of arrays are entered.
void collect(json::View value, const std::string& here, std::vector<std::string>& pointers) {
    for (const auto& [key, member] : value.members()) {
        const std::string pointer = here + "/" + escaped(key);
        pointers.push_back(pointer);
        collect(member, pointer, pointers);
    }
    std::size_t index = 0;
    for (const json::View item : value.items()) {
        collect(item, here + "/" + std::to_string(index++), pointers);
    }
}

void check_everything(const std::string& old_text, const std::string& new_text) {
    const auto old_set = parsed(old_text);
    const auto new_set = parsed(new_text);

    const auto set = read_leader_worker_set(new_set.root());
    CHECK((set.has_value() || !set.error().message.empty()));

    Arena arena;
    for (const auto& result :
         {validate_create(new_set.root(), {}, arena),
          validate_update(new_set.root(), old_set.root(), arena),
          validate_update(old_set.root(), new_set.root(), arena)}) {
        CHECK(result.allowed() == format_errors(result.errors, arena).empty());
    }

    json::PatchBuilder patch(new_set.root(), arena);
    plan_defaults(new_set.root(), patch);
    const auto defaulted = lws::testing::apply_patch(new_text, patch.finish());
    REQUIRE(defaulted.has_value());
    const auto document = parsed(*defaulted);
    json::PatchBuilder again(document.root(), arena);
    plan_defaults(document.root(), again);
    CHECK(again.empty());
}

TEST_CASE("the full set of this test is valid", "[api][totality]") {
    CHECK(creation_message(full_set()).empty());
}

TEST_CASE("any member may be of any type", "[api][totality]") {
    const std::string full = full_set();
    const auto document = parsed(full);
    std::vector<std::string> pointers;
    collect(document.root(), "", pointers);
    REQUIRE(pointers.size() > 60);
    for (const std::string& pointer : pointers) {
        for (const std::string value :
             {"null",
              "true",
              "-1",
              "0",
              "1.5",
              "1e300",
              "-2147483648",
              "18446744073709551615",
              "\"\"",
              "\"x\"",
              "\"\\u2028<\\u0000>\"",
              "[]",
              "[null,1,[]]",
              "{}",
              R"({"":{"a":null}})"}) {
            INFO(pointer << " = " << value);
            check_everything(full, changed({{pointer, value}}, full));
        }
        INFO(pointer << " removed");
        check_everything(full, changed({{pointer, ""}}, full));
    }
}

// Everything that is decided on a set.
struct Outcome {
    std::string errors;
    std::vector<std::string> warnings;
    std::string defaulted;  // without nulls
};

Outcome outcome(const std::string& text) {
    const auto document = parsed(text);
    const auto result = judge_creation(document.root());
    Arena arena;
    json::PatchBuilder patch(document.root(), arena);
    plan_defaults(document.root(), patch);
    const auto defaulted = lws::testing::apply_patch(text, patch.finish());
    REQUIRE(defaulted.has_value());
    const auto after = parsed(*defaulted);
    return {result.message(), result.warning_texts(), lws::testing::without_nulls(after.root())};
}

TEST_CASE("null counts as absent in a set", "[api][totality]") {
    const std::string full = full_set();
    const auto document = parsed(full);
    std::vector<std::string> pointers;
    collect(document.root(), "", pointers);
    for (const std::string& pointer : pointers) {
        // A null value of a map is an empty text, not an absent one.
        if (pointer.starts_with("/metadata/labels/") ||
            pointer.starts_with("/metadata/annotations/")) {
            continue;
        }
        INFO(pointer);
        const auto nulled = changed({{pointer, "null"}}, full);
        const auto removed = changed({{pointer, ""}}, full);
        const auto seen = outcome(nulled);
        const auto expected = outcome(removed);
        CHECK(seen.errors == expected.errors);
        CHECK(seen.warnings == expected.warnings);
        CHECK(lws::testing::same_json(seen.defaulted, expected.defaulted));
        CHECK(update_message(full, nulled) == update_message(full, removed));
        const auto nulled_set = parsed(nulled);
        CHECK(read_leader_worker_set(nulled_set.root()).has_value());
    }
}

TEST_CASE("very many bad labels make a message of a bearable length", "[api][totality]") {
    std::string labels;
    for (int i = 0; i < 300'000; ++i) {
        labels += (i > 0 ? ",\"-" : "\"-") + std::to_string(i) + "\":\"\"";
    }
    const std::string many = R"({"metadata":{"name":"a","namespace":"b","labels":{)" + labels +
                             R"(}},"spec":{"leaderWorkerTemplate":{}}})";
    const auto document = parsed(many);
    const auto start = std::chrono::steady_clock::now();
    CHECK(judge_creation(document.root()).message().size() < 64 * 1024);
    CHECK(judge_update(document.root(), document.root()).allowed());
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

}  // namespace
}  // namespace lws::api
