// SPDX-License-Identifier: Apache-2.0
// Whatever arrives, the answer is a well-formed AdmissionReview; ask() checks its form.
#include <catch2/catch.hpp>
#include <random>

#include "webhook/review_codec.hpp"
#include "webhook/review_fixture.hpp"
#include "webhook/review_request.hpp"

namespace lws::webhook {
namespace {

using namespace testing;

constexpr auto kEveryKind = {
    ReviewKind::mutate_set,
    ReviewKind::validate_set,
    ReviewKind::mutate_pod,
    ReviewKind::validate_pod
};

constexpr std::string_view kParseError = "couldn't get version/kind; json parse error: ";

void check_refused(const Answer& answer, std::int64_t code, std::string_view message_start) {
    CHECK_FALSE(answer.response.allowed);
    CHECK(answer.number("response.status.code") == code);
    CHECK_FALSE(answer.member("response.status.reason").exists());
    CHECK(answer.response.message.starts_with(message_start));
    CHECK(answer.text("response.status.message") == answer.response.message);
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("an empty body is refused with 400", "[webhook][review]") {
    for (const auto kind : kEveryKind) {
        check_refused(ask(kind, ""), 400, "request body is empty");
    }
}

TEST_CASE("what is not JSON is refused with 400", "[webhook][review]") {
    const auto body = GENERATE(
        as<std::string>(),
        "{",
        "hello",
        "kind: AdmissionReview",
        "{} {}",
        "\xFF\xFE",
        "\"\\ud800\"",
        "{\"kind\":\"\xC3\"}",
        "[1,]",
        std::string("{}\0", 3),
        "\n"
    );
    for (const auto kind : kEveryKind) {
        check_refused(ask(kind, body), 400, kParseError);
    }
}

TEST_CASE("what is no review is refused with 400", "[webhook][review]") {
    const auto body = GENERATE(
        as<std::string>(),
        "null",
        "[]",
        "7",
        R"({"request":1})",
        R"({"request":{"uid":7}})",
        R"({"kind":{}})",
        R"({"apiVersion":1})",
        R"({"request":{"operation":[]}})"
    );
    for (const auto kind : kEveryKind) {
        check_refused(ask(kind, body), 400, kParseError);
    }
    check_refused(
        ask(ReviewKind::mutate_pod, R"({"apiVersion":"a/b/c"})"),
        400,
        "unexpected GroupVersion string: a/b/c"
    );
}

TEST_CASE("another content type is refused with 400", "[webhook][review]") {
    const auto body = review("CREATE", kLeaderPod);
    for (const std::string type :
         {"", "text/plain", "application/json; charset=utf-8", "application/yaml"}) {
        check_refused(
            ask(ReviewKind::mutate_pod, body, {}, type),
            400,
            "contentType=" + type + ", expected application/json"
        );
    }
    check_refused(
        ask(ReviewKind::mutate_pod, body, {}, "a\xFF\x01"),
        400,
        "contentType=a??, expected application/json"
    );
}

TEST_CASE("a body of 7 MiB or more is refused with 413", "[webhook][review]") {
    const auto padded = [](std::size_t size) {
        auto body = review("CREATE", kLeaderPod);
        body.resize(size, ' ');
        return body;
    };
    CHECK(ask(ReviewKind::mutate_pod, padded(kMaxReviewBytes - 1)).response.allowed);
    for (const auto size : {kMaxReviewBytes, kMaxReviewBytes + 1, std::size_t{8} * 1024 * 1024}) {
        check_refused(
            ask(ReviewKind::mutate_pod, padded(size)),
            413,
            "request entity is too large; limit is 7340032 bytes"
        );
    }
    const auto cut = review_too_large();
    CHECK(cut.code == 413);
    CHECK(cut.body == handle_review(ReviewKind::mutate_pod, "", padded(kMaxReviewBytes), {}).body);
}

TEST_CASE("deep nesting is refused, not followed", "[webhook][review]") {
    const auto object = GENERATE(
        as<std::string>(), nested(200), R"({"spec":)" + nested(200) + "}", nested(1'000'000)
    );
    for (const auto kind : kEveryKind) {
        check_refused(ask(kind, review("CREATE", object)), 400, kParseError);
    }
    std::string endless(3'000'000, '[');
    check_refused(ask(ReviewKind::mutate_pod, endless), 400, kParseError);
}

TEST_CASE("millions of small members stay within bounds", "[webhook][review]") {
    std::string object = R"({"metadata":{"labels":{"leaderworkerset.sigs.k8s.io/name":"a",)"
                         R"("leaderworkerset.sigs.k8s.io/group-index":"0"},"name":"a-1",)"
                         R"("annotations":{"leaderworkerset.sigs.k8s.io/size":"2"}},)"
                         R"("spec":{"containers":[{})";
    SECTION("too many values for the parser") {
        for (int i = 0; i < 2'100'000; ++i) {
            object += ",{}";
        }
        check_refused(
            ask(ReviewKind::mutate_pod, review("CREATE", object + "]}}")), 400, kParseError
        );
    }
    SECTION("too many containers for a patch") {
        for (int i = 0; i < 500'000; ++i) {
            object += ",{}";
        }
        const auto answer = ask(ReviewKind::mutate_pod, review("CREATE", object + "]}}"));
        CHECK(answer.response.code == 403);
        CHECK(answer.response.body.size() < 1024);
    }
}

TEST_CASE("a missing object is refused with 400 where one is needed", "[webhook][review]") {
    constexpr auto kMissing = "there is no content to decode";
    for (const auto kind : kEveryKind) {
        check_refused(ask(kind, review("CREATE", "")), 400, kMissing);
        check_refused(ask(kind, review("UPDATE", "")), 400, kMissing);
    }
    for (const auto kind : {ReviewKind::validate_set, ReviewKind::validate_pod}) {
        const auto object = kind == ReviewKind::validate_set ? kSet : kLeaderPod;
        check_refused(ask(kind, review("UPDATE", object)), 400, kMissing);
        check_refused(ask(kind, review("DELETE", object)), 400, kMissing);
    }
    for (const auto kind : {ReviewKind::mutate_set, ReviewKind::mutate_pod}) {
        check_refused(ask(kind, "{}"), 400, kMissing);
        check_refused(ask(kind, R"({"request":null})"), 400, kMissing);
    }
}

TEST_CASE("an object of another type is refused with 400", "[webhook][review]") {
    struct Case {
        std::string object;
        std::string message;
    };
    const auto c = GENERATE(values<Case>({
        {R"("text")", std::string(kParseError) + "expected object, got string"},
        {R"({"kind":7})", "kind: expected string, got number"},
        {R"({"kind":"Job","apiVersion":"batch/v1"})",
         R"(no kind "Job" is registered for version "batch/v1")"},
        {R"({"metadata":{"labels":[]}})", "metadata.labels: expected object, got array"},
        {R"({"spec":[]})", "spec: expected object, got array"},
    }));
    DYNAMIC_SECTION(c.object) {
        for (const auto kind : {ReviewKind::mutate_pod, ReviewKind::validate_pod}) {
            check_refused(ask(kind, review("CREATE", c.object)), 400, c.message);
        }
        for (const auto kind : {ReviewKind::mutate_set, ReviewKind::validate_set}) {
            CHECK(ask(kind, review("CREATE", c.object)).response.code == 400);
        }
        const auto old = ask(ReviewKind::validate_pod, review("UPDATE", kLeaderPod, c.object));
        check_refused(old, 400, c.message);
        const auto deleted = ask(ReviewKind::validate_pod, review("DELETE", "", c.object));
        check_refused(deleted, 400, c.message);
        CHECK(ask(ReviewKind::validate_set, review("DELETE", "", c.object)).response.code == 400);
    }
}

TEST_CASE(
    "the API server's objects without kind are taken as what is served", "[webhook][review]"
) {
    CHECK(ask(ReviewKind::mutate_pod, review("CREATE", R"({"metadata":{}})")).response.allowed);
    CHECK(ask(ReviewKind::mutate_set, review("CREATE", R"({"metadata":{"name":"a"}})"))
              .response.allowed);
}

TEST_CASE("an unknown operation is refused with 400 when validating", "[webhook][review]") {
    for (const auto kind : {ReviewKind::validate_set, ReviewKind::validate_pod}) {
        check_refused(ask(kind, review("PATCH", kSet)), 400, R"(unknown operation "PATCH")");
        check_refused(ask(kind, "{}"), 400, R"(unknown operation "")");
    }
}

TEST_CASE("every prefix of a review is answered", "[webhook][review]") {
    for (const auto kind : kEveryKind) {
        const auto object =
            kind == ReviewKind::mutate_set || kind == ReviewKind::validate_set ? kSet : kLeaderPod;
        const auto whole = review("UPDATE", object, object);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            REQUIRE(ask(kind, whole.substr(0, size)).response.code == 400);
        }
        CHECK(ask(kind, whole).response.allowed);
    }
}

TEST_CASE("random damage to a review is answered", "[webhook][review]") {
    std::mt19937 random(20260823);
    const auto up_to = [&](std::size_t limit) { return random() % limit; };
    constexpr std::string_view kTokens[] = {
        "null",
        "\"\"",
        "{}",
        "[]",
        "-1",
        "1e999",
        "true",
        "\"x\"",
        ",",
        ":",
        "}",
        "\"0\"",
        "{\"a\":",
        "[[",
        "\\u0000",
        "18446744073709551615",
        "\"%\"",
        "0"
    };
    std::size_t answered = 0;
    for (int round = 0; round < 6'000; ++round) {
        const auto kind = *(kEveryKind.begin() + up_to(4));
        const bool set = kind == ReviewKind::mutate_set || kind == ReviewKind::validate_set;
        auto text = review(
            up_to(2) == 0 ? "CREATE" : "UPDATE", set ? kSet : kLeaderPod, set ? kSet : kLeaderPod
        );
        for (std::size_t change = 0; change <= up_to(4); ++change) {
            const auto at = up_to(text.size());
            const auto length = std::min(up_to(12), text.size() - at);
            switch (up_to(3)) {
                case 0:
                    text[at] = static_cast<char>(random());
                    break;
                case 1:
                    text.erase(at, length);
                    break;
                default:
                    text.replace(at, length, kTokens[up_to(std::size(kTokens))]);
            }
        }
        const auto answer = ask(kind, text);
        answered += answer.response.code != 0 ? 1 : 0;
    }
    CHECK(answered == 6'000);
}

TEST_CASE("each value of a review replaced by another is answered", "[webhook][review]") {
    constexpr std::string_view kValues[] = {"null", "{}", "[]", "\"\"", "-5", "true", "[null]"};
    for (const auto kind : kEveryKind) {
        const bool set = kind == ReviewKind::mutate_set || kind == ReviewKind::validate_set;
        const auto whole = review("UPDATE", set ? kSet : kLeaderPod, set ? kSet : kLeaderPod);
        for (std::size_t at = whole.find(':'); at != std::string::npos;
             at = whole.find(':', at + 1)) {
            // Up to where the value that starts here ends, as far as brackets tell.
            std::size_t end = at + 1;
            int depth = 0;
            while (end < whole.size() && (depth > 0 || (whole[end] != ',' && whole[end] != '}'))) {
                depth += whole[end] == '{' || whole[end] == '[' ? 1 : 0;
                depth -= whole[end] == '}' || whole[end] == ']' ? 1 : 0;
                ++end;
            }
            for (const auto value : kValues) {
                auto text = whole;
                text.replace(at + 1, end - at - 1, value);
                CHECK(ask(kind, text).response.code != 0);
            }
        }
    }
}

}  // namespace lws::webhook
