// SPDX-License-Identifier: Apache-2.0
// Odd members of reviews and objects: numbers, duplicate keys, subresources, missing names.
#include <catch2/catch.hpp>

#include "webhook/review_codec.hpp"
#include "webhook/review_fixture.hpp"

namespace lws::webhook {

using namespace testing;

TEST_CASE("a number out of range is refused with 400", "[webhook][review]") {
    struct Case {
        std::string_view what;
        std::string by;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {R"("replicas":2)", R"("replicas":2147483648)", "2147483648 does not fit int32"},
        {R"("size":2)", R"("size":-2147483649)", "-2147483649 does not fit int32"},
        {R"("partition":0)", R"("partition":18446744073709551615)", "does not fit int32"},
        {R"("maxSurge":0)", R"("maxSurge":4294967296)", "4294967296 does not fit int32"},
        {R"("size":2)", R"("size":2.5)", "expected integer, got number 2.5"},
        {R"("name":"vllm")",
         R"("name":"vllm","generation":9223372036854775808)",
         "9223372036854775808 does not fit int64"},
        {R"("size":2)", R"("size":1e999)", "couldn't get version/kind; json parse error: "},
    }));
    DYNAMIC_SECTION(c.by) {
        const auto text = with(kSet, c.what, c.by);
        for (const auto kind : {ReviewKind::mutate_set, ReviewKind::validate_set}) {
            const auto answer = ask(kind, review("CREATE", text));
            CHECK(answer.response.code == 400);
            CHECK(answer.response.message.find(c.message) != std::string::npos);
        }
    }
}

TEST_CASE("of duplicate keys in an object the last counts", "[webhook][review]") {
    const auto denied = with(kSet, R"("size":2)", R"("size":2,"size":0)");
    CHECK(ask(ReviewKind::validate_set, review("CREATE", denied)).response.code == 403);
    const auto allowed = with(kSet, R"("size":2)", R"("size":0,"size":2)");
    CHECK(ask(ReviewKind::validate_set, review("CREATE", allowed)).response.code == 200);
    const auto pod = with(
        kLeaderPod,
        R"("leaderworkerset.sigs.k8s.io/size":"2")",
        R"("leaderworkerset.sigs.k8s.io/size":"x","leaderworkerset.sigs.k8s.io/size":"3")"
    );
    const auto patch = ask(ReviewKind::mutate_pod, review("CREATE", pod)).patch();
    CHECK(patch.find(R"({"name":"LWS_GROUP_SIZE","value":"3"})") != std::string::npos);
}

TEST_CASE("a subresource is judged by the object that it sends", "[webhook][review]") {
    const auto of = [](std::string text) {
        return with(std::move(text), R"("uid":)", R"("subResource":"status","uid":)");
    };
    const auto broken = with(kSet, R"("size":2)", R"("size":0)");
    for (const auto& set : {kSet, broken}) {
        for (const auto kind : {ReviewKind::mutate_set, ReviewKind::validate_set}) {
            const auto text = review("UPDATE", set, kSet);
            CHECK(ask(kind, of(text)).response.body == ask(kind, text).response.body);
        }
    }
    const auto scale = R"({"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"a"}})";
    const auto eviction = R"({"apiVersion":"policy/v1","kind":"Eviction"})";
    CHECK(
        ask(ReviewKind::validate_set, of(review("UPDATE", scale, scale))).response.message ==
        R"(no kind "Scale" is registered for version "autoscaling/v1")"
    );
    CHECK(
        ask(ReviewKind::mutate_pod, of(review("CREATE", eviction))).response.message ==
        R"(no kind "Eviction" is registered for version "policy/v1")"
    );
}

TEST_CASE("an object of another kind or version alone is refused", "[webhook][review]") {
    struct Case {
        std::string_view what;
        std::string by;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {R"("kind":"Pod")", R"("kind":"Job")", R"(no kind "Job" is registered for version "v1")"},
        {R"("apiVersion":"v1")",
         R"("apiVersion":"v2")",
         R"(no kind "Pod" is registered for version "v2")"},
        {R"("apiVersion":"v1","kind":"Pod")",
         R"("kind":"Job")",
         R"(no kind "Job" is registered for version "v1")"},
    }));
    DYNAMIC_SECTION(c.by) {
        const auto pod = with(kLeaderPod, c.what, c.by);
        for (const auto kind : {ReviewKind::mutate_pod, ReviewKind::validate_pod}) {
            const auto answer = ask(kind, review("CREATE", pod));
            CHECK(answer.response.code == 400);
            CHECK(answer.response.message == c.message);
        }
    }
}

// API servers make the name of an object with a generateName after mutation and before validation.
TEST_CASE("a set whose name is still to be made gets its defaults", "[webhook][review]") {
    const auto set = with(kSet, R"("name":"vllm")", R"("generateName":"vllm-")");
    const auto named = ask(ReviewKind::mutate_set, review("CREATE", kSet));
    CHECK(ask(ReviewKind::mutate_set, review("CREATE", set)).patch() == named.patch());
    CHECK(
        ask(ReviewKind::validate_set, review("CREATE", set)).response.message ==
        "metadata.name: Required value: name or generateName is required"
    );
}

}  // namespace lws::webhook
