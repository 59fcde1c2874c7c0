// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <utility>

#include "webhook/property/answer_checks.hpp"
#include "webhook/property/generators.hpp"
#include "webhook/property/tree_mutations.hpp"
#include "webhook/review_request.hpp"

namespace lws::webhook::property {
namespace {

constexpr std::array kPaths{
    ReviewKind::mutate_set,
    ReviewKind::validate_set,
    ReviewKind::mutate_pod,
    ReviewKind::validate_pod
};

std::string object_for(ReviewKind path, Random& random) {
    return is_set(path) ? make_set(random) : make_group_pod(random);
}

// Any uid and operation, or none.
void append_head(Random& random, std::string& request) {
    if (!random.one_in(20)) {
        append_member(
            request,
            "uid",
            random.pick(
                {"\"u-1\"",
                 "\"\"",
                 "\"\\u0000\\\"\"",
                 "\"\xC3\xA9\xF0\x9F\x98\x80\"",
                 "\"a\\/b\"",
                 "null"}
            )
        );
    }
    if (!random.one_in(20)) {
        append_member(
            request,
            "operation",
            random.pick(
                {"\"CREATE\"",
                 "\"CREATE\"",
                 "\"UPDATE\"",
                 "\"UPDATE\"",
                 "\"DELETE\"",
                 "\"CONNECT\"",
                 "\"PATCH\"",
                 "\"\""}
            )
        );
    }
}

std::string any_object(Random& random, ReviewKind path) {
    if (!random.one_in(8)) {
        return object_for(path, random);
    }
    return std::string(random.pick(
        {"null",
         "\"x\"",
         "[]",
         "{}",
         R"({"kind":"Job","apiVersion":"batch/v1"})",
         R"({"kind":7})",
         R"({"kind":"Pod","apiVersion":"v2"})"}
    ));
}

// A review with any operation, version and uid.
std::string make_review(Random& random, ReviewKind path, std::string_view dry_run) {
    std::string request;
    append_head(random, request);
    if (random.one_in(5)) {
        append_member(request, "subResource", random.pick({"\"status\"", "\"scale\""}));
    }
    if (!random.one_in(12)) {
        append_member(request, "object", any_object(random, path));
    }
    if (random.one_in(2)) {
        append_member(request, "oldObject", any_object(random, path));
    }
    append_member(request, "dryRun", dry_run);
    std::string review;
    append_member(review, "kind", "\"AdmissionReview\"");
    if (!random.one_in(10)) {
        append_member(
            review,
            "apiVersion",
            random.pick(
                {"\"admission.k8s.io/v1\"",
                 "\"admission.k8s.io/v1beta1\"",
                 "\"\"",
                 "\"a/b/c\"",
                 "null"}
            )
        );
    }
    append_member(review, "request", "{" + request + "}");
    return "{" + review + "}";
}

void damage(Random& random, std::string& text) {
    for (auto changes = 1 + random.up_to(3); changes > 0 && !text.empty(); --changes) {
        const auto at = random.up_to(text.size());
        const auto length = std::min(random.up_to(12), text.size() - at);
        switch (random.up_to(3)) {
            case 0:
                text[at] = static_cast<char>(random.next());
                break;
            case 1:
                text.erase(at, length);
                break;
            default:
                text.replace(at, length, odd_value(random));
        }
    }
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

std::string no_review(Random& random) {
    return std::string(random.pick(
        {"null",
         "[]",
         "7",
         "\"\"",
         R"({"request":1})",
         R"({"request":{"uid":7}})",
         R"({"kind":{}})",
         R"({"apiVersion":1})",
         R"({"request":{"operation":[]}})",
         R"({"request":null})",
         "{}"}
    ));
}

// Few, because each costs as much as thousands of others.
void make_huge_body(Random& random, Case& c) {
    switch (random.up_to(3)) {
        case 0:
            c.body = "{}";
            c.body.resize(kMaxReviewBytes + random.up_to(2), ' ');
            return;
        case 1: {
            std::string object = R"({"spec":{"containers":[{})";
            for (int i = 0; i < 2'000'000; ++i) {
                object += ",1";
            }
            c.body = write_review_text({"CREATE", object + "]}}", {}});
            return;
        }
        default: {
            // Every container gets the name of the set.
            std::string containers = "{}";
            for (int i = 0; i < 20; ++i) {
                containers += ",{}";
            }
            c.path = ReviewKind::mutate_pod;
            const std::string object =
                R"({"metadata":{"name":"a-0","labels":{"leaderworkerset.sigs.k8s.io/worker-index":"0",)"
                R"("leaderworkerset.sigs.k8s.io/name":")" +
                std::string(1'000'000, 'a') +
                R"("},"annotations":{"leaderworkerset.sigs.k8s.io/size":"2"}},"spec":{"containers":[)" +
                containers + "]}}";
            c.body = write_review_text({"CREATE", object, {}});
        }
    }
}

// One member twice: a body and a twin without the first of the two.
void make_duplicate(Random& random, Case& c) {
    const auto first = random.one_in(2);
    const std::string uid = first ? R"("uid":"a",)" : "";
    const std::string old_size = first ? "" : R"("size":0,)";
    const auto with = [&](const std::string& more_uid, const std::string& more_size) {
        return R"({"request":{)" + more_uid +
               R"("uid":"b","operation":"CREATE","object":{"metadata":{"name":"a","namespace":"b"},"spec":{)"
               R"("leaderWorkerTemplate":{)" +
               more_size + R"("size":2,"workerTemplate":{"spec":{"containers":[{}]}}}}}}})";
    };
    c.path = random.one_in(2) ? ReviewKind::validate_set : ReviewKind::mutate_set;
    c.body = with(uid, old_size);
    c.twin = with("", "");
}

}  // namespace

void make_body(Random& random, Case& c) {
    c.kind = Case::Kind::body;
    c.path = kPaths[random.up_to(kPaths.size())];
    c.content_type = kJsonType;
    switch (random.up_to(16)) {
        case 0:
            c.content_type =
                random.pick({"", "text/plain", "application/json; charset=utf-8", "a\xFF\x01"});
            c.body = make_review(random, c.path, "false");
            return;
        case 1:
            c.body = random.one_in(3) ? "" : no_review(random);
            return;
        case 2:
            c.body = random.one_in(2)
                         ? write_review_text({"CREATE", nested(130 + random.up_to(100)), {}})
                         : std::string(3'000, '[');
            return;
        case 3:
            c.body = make_review(random, c.path, "false");
            c.body.insert(
                random.up_to(c.body.size()),
                random.pick({"\xC3", "\xFF", "\xED\xA0\x80", "\xC0\x80"})
            );
            return;
        case 4: {
            c.body = make_review(random, c.path, "false");
            c.body.resize(random.up_to(c.body.size()));
            return;
        }
        case 5:
        case 6:
            c.body = make_review(random, c.path, "false");
            damage(random, c.body);
            return;
        case 7:
            return make_duplicate(random, c);
        case 8:
        case 9: {
            auto twin = random;
            c.body = make_review(random, c.path, "false");
            c.twin = make_review(twin, c.path, "true");
            return;
        }
        default:
            c.body = make_review(random, c.path, "false");
            make_odd(random, c.body);
    }
}

Case make_case(std::uint64_t seed, std::uint64_t number) {
    Random random(seed, number);
    Case c;
    c.seed = random.next();
    c.gang = random.one_in(4);
    c.warn_long_names = random.one_in(4);
    if (number % kHugeEvery == kHugeEvery - 1) {
        c.kind = Case::Kind::body;
        c.path = kPaths[random.up_to(kPaths.size())];
        c.content_type = kJsonType;
        make_huge_body(random, c);
        return c;
    }
    const auto choice = random.up_to(1'000);
    if (choice < 300) {
        c.object = make_set(random);
    } else if (choice < 520) {
        make_update(random, c.object, c.old_object);
    } else if (choice < 523) {
        c.object = make_large_set(random);
    } else if (choice < 850) {
        c.kind = Case::Kind::pod;
        c.object = make_group_pod(random);
    } else {
        make_body(random, c);
    }
    return c;
}

}  // namespace lws::webhook::property
