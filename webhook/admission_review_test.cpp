// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/apply_patch.hpp"
#include "webhook/review_codec.hpp"
#include "webhook/review_fixture.hpp"
#include "webhook/review_request.hpp"
#include "webhook/review_response.hpp"

namespace lws::webhook {
namespace {

using namespace testing;

constexpr std::string_view kAllowed =
    R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1",)"
    R"("response":{"uid":"u-1","allowed":true,"status":{"metadata":{},"code":200}}})";

constexpr auto kEveryKind = {
    ReviewKind::mutate_set,
    ReviewKind::validate_set,
    ReviewKind::mutate_pod,
    ReviewKind::validate_pod
};

}  // namespace

TEST_CASE("each review has its path and no other path has one", "[webhook][review]") {
    for (const auto kind : kEveryKind) {
        CHECK(review_kind(review_path(kind)) == kind);
    }
    CHECK(review_path(ReviewKind::mutate_pod) == "/mutate--v1-pod");
    CHECK(review_path(ReviewKind::validate_pod) == "/validate--v1-pod");
    CHECK(
        review_path(ReviewKind::mutate_set) == "/mutate-leaderworkerset-x-k8s-io-v1-leaderworkerset"
    );
    CHECK(
        review_path(ReviewKind::validate_set) ==
        "/validate-leaderworkerset-x-k8s-io-v1-leaderworkerset"
    );
    for (const auto* path : {"", "/", "/mutate--v1-pod/", "/mutate--v1-pods", "/healthz"}) {
        CHECK_FALSE(review_kind(path).has_value());
    }
}

TEST_CASE("a leader pod is admitted with its patch in base64", "[webhook][review]") {
    const auto answer = ask(ReviewKind::mutate_pod, review("CREATE", kLeaderPod));
    CHECK(answer.response.http_status == 200);
    CHECK(answer.response.allowed);
    CHECK(answer.response.code == 200);
    CHECK(answer.text("response.uid") == "u-1");
    CHECK(answer.text("response.patchType") == "JSONPatch");
    const auto patched = lws::testing::apply_patch(kLeaderPod, answer.patch());
    REQUIRE(patched.has_value());
    const auto pod = json::parse(*patched);
    const auto env = pod->root()["spec"]["containers"].at(0)["env"];
    CHECK(env.at(0)["name"].string() == "LWS_LEADER_ADDRESS");
    CHECK(env.at(0)["value"].string() == "vllm-0.vllm.default");

    SECTION("and reviewing the result changes nothing") {
        const auto again = ask(ReviewKind::mutate_pod, review("CREATE", *patched));
        CHECK(again.response.body == kAllowed);
    }
}

TEST_CASE("a set gets its defaults and is then left alone", "[webhook][review]") {
    const auto answer = ask(ReviewKind::mutate_set, review("CREATE", kSet));
    const auto patched = lws::testing::apply_patch(kSet, answer.patch());
    REQUIRE(patched.has_value());
    const auto set = json::parse(*patched);
    const auto spec = set->root()["spec"];
    CHECK(spec["networkConfig"]["subdomainPolicy"].string() == "Shared");
    CHECK(spec["leaderWorkerTemplate"]["restartPolicy"].string() == "RecreateGroupOnPodRestart");
    CHECK(ask(ReviewKind::mutate_set, review("UPDATE", *patched)).response.body == kAllowed);
}

TEST_CASE("no change means no patch and no patch type, byte by byte", "[webhook][review]") {
    const auto foreign = R"({"metadata":{"name":"web"}})";
    for (const auto kind : {ReviewKind::mutate_pod, ReviewKind::validate_pod}) {
        CHECK(ask(kind, review("CREATE", foreign)).response.body == kAllowed);
    }
}

TEST_CASE("the validating pod path allows what the mutating one denies", "[webhook][review]") {
    const auto pod = GENERATE(
        as<std::string>(),
        R"({})",
        R"({"metadata":{"name":"a-0","labels":{"leaderworkerset.sigs.k8s.io/name":"a"}}})",
        R"({"metadata":{"labels":{"leaderworkerset.sigs.k8s.io/name":"a"},)"
        R"("annotations":{"leaderworkerset.sigs.k8s.io/size":"four"}}})"
    );
    CHECK(ask(ReviewKind::validate_pod, review("CREATE", pod)).response.body == kAllowed);
    CHECK(ask(ReviewKind::validate_pod, review("UPDATE", pod, pod)).response.body == kAllowed);
}

TEST_CASE("a pod that a rule forbids is denied with 403 Forbidden", "[webhook][review]") {
    const auto pod = R"({"metadata":{"name":"a-0","labels":)"
                     R"({"leaderworkerset.sigs.k8s.io/name":"a"}}})";
    CHECK(
        ask(ReviewKind::mutate_pod, review("CREATE", pod)).response.body ==
        R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1",)"
        R"("response":{"uid":"u-1","allowed":false,"status":{"metadata":{},)"
        R"("message":"size annotation is unexpectedly missing for pod a-0",)"
        R"("reason":"Forbidden","code":403}}})"
    );
}

TEST_CASE("a set that breaks a rule is denied with the field's path", "[webhook][review]") {
    const auto set = with(kSet, R"("size":2)", R"("size":0)");
    const auto answer = ask(ReviewKind::validate_set, review("CREATE", set));
    CHECK_FALSE(answer.response.allowed);
    CHECK(answer.text("response.status.reason") == "Forbidden");
    CHECK(answer.number("response.status.code") == 403);
    CHECK(
        answer.text("response.status.message") ==
        "spec.leaderWorkerTemplate.size: Invalid value: 0: size must be equal or greater than 1"
    );
}

TEST_CASE("updates of sets are judged against the old object", "[webhook][review]") {
    const auto policy = [](int size) {
        return with(
            kSet,
            R"("size":2)",
            R"("size":4,"subGroupPolicy":{"subGroupSize":)" + std::to_string(size) + "}"
        );
    };
    const auto answer = ask(ReviewKind::validate_set, review("UPDATE", policy(4), policy(2)));
    CHECK(
        answer.text("response.status.message") ==
        "spec.leaderWorkerTemplate.SubGroupPolicy.subGroupSize: Invalid value: 4: "
        "field is immutable"
    );
    CHECK(ask(ReviewKind::validate_set, review("UPDATE", policy(2), policy(2))).response.allowed);
}

TEST_CASE("warnings travel with the decision", "[webhook][review]") {
    ReviewOptions options;
    options.sets.name_rule = api::ValidationOptions::NameRule::warn;
    const auto set = with(kSet, R"("name":"vllm")", "\"name\":\"" + std::string(60, 'a') + '"');
    const auto answer = ask(ReviewKind::validate_set, review("CREATE", set), options);
    CHECK(answer.response.allowed);
    CHECK(answer.member("response.warnings").size() >= 1);
    CHECK_FALSE(ask(ReviewKind::validate_set, review("CREATE", set)).response.allowed);
}

TEST_CASE("gang scheduling is an option of the pod path", "[webhook][review]") {
    ReviewOptions options;
    options.pods.gang_scheduling = rules::GangScheduling::volcano;
    const auto answer = ask(ReviewKind::mutate_pod, review("CREATE", kLeaderPod), options);
    CHECK(answer.patch().find("scheduling.k8s.io~1group-name") != std::string::npos);
}

TEST_CASE("operations without anything to decide are allowed", "[webhook][review]") {
    SECTION("DELETE when mutating") {
        for (const auto kind : {ReviewKind::mutate_set, ReviewKind::mutate_pod}) {
            CHECK(ask(kind, review("DELETE", "")).response.body == kAllowed);
        }
    }
    SECTION("DELETE when validating, with an old object") {
        CHECK(ask(ReviewKind::validate_set, review("DELETE", "", kSet)).response.body == kAllowed);
        CHECK(
            ask(ReviewKind::validate_pod, review("DELETE", "", kLeaderPod)).response.body ==
            kAllowed
        );
    }
    SECTION("DELETE of a set that today's rules refuse") {
        const auto old = with(kSet, R"("size":2)", R"("size":0)");
        CHECK(ask(ReviewKind::validate_set, review("DELETE", "", old)).response.allowed);
    }
    SECTION("CONNECT") {
        for (const auto kind : kEveryKind) {
            CHECK(ask(kind, review("CONNECT", "")).response.body == kAllowed);
        }
    }
    SECTION("an unknown one when mutating counts as CREATE") {
        const auto unknown = ask(ReviewKind::mutate_pod, review("PATCH", kLeaderPod));
        const auto create = ask(ReviewKind::mutate_pod, review("CREATE", kLeaderPod));
        CHECK(unknown.response.body == create.response.body);
    }
}

TEST_CASE("a dry run makes no difference", "[webhook][review]") {
    const auto text = review("CREATE", kLeaderPod);
    const auto dry = with(text, R"("dryRun":false)", R"("dryRun":true)");
    CHECK(
        ask(ReviewKind::mutate_pod, text).response.body ==
        ask(ReviewKind::mutate_pod, dry).response.body
    );
}

TEST_CASE("the answer speaks the version of the request", "[webhook][review]") {
    const auto v1beta1 =
        with(review("CREATE", kLeaderPod), "admission.k8s.io/v1", "admission.k8s.io/v1beta1");
    CHECK(ask(ReviewKind::mutate_pod, v1beta1).text("apiVersion") == "admission.k8s.io/v1beta1");
    const auto none = R"({"request":{"uid":"x","operation":"CONNECT"}})";
    const auto answer = ask(ReviewKind::validate_pod, none);
    CHECK(answer.text("apiVersion") == "admission.k8s.io/v1");
    CHECK(answer.text("kind") == "AdmissionReview");
}

TEST_CASE("the uid is echoed whatever it holds", "[webhook][review]") {
    const auto odd = with(review("CONNECT", ""), "u-1", R"(\"\u0001\\ü)");
    CHECK(ask(ReviewKind::validate_pod, odd).text("response.uid") == "\"\x01\\ü");
    const auto without = with(review("CONNECT", ""), R"("uid":"u-1",)", "");
    const auto answer = ask(ReviewKind::validate_pod, without);
    CHECK(answer.response.allowed);
    CHECK(answer.text("response.uid").empty());
}

TEST_CASE("base64 pads as RFC 4648 says", "[webhook][review]") {
    struct Case {
        std::string_view bytes;
        std::string_view text;
    };
    const auto c = GENERATE(values<Case>({
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFB\xFF\xFE", "+//+"},
    }));
    std::string out;
    append_base64(out, c.bytes);
    CHECK(out == c.text);
    CHECK(decode_base64(out) == c.bytes);
}

}  // namespace lws::webhook
