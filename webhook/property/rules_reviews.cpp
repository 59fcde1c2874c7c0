// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/rule_table.hpp"
#include "webhook/review_request.hpp"

namespace lws::webhook::property {
namespace {

constexpr std::string_view kParseError = "couldn't get version/kind; json parse error: ";

// Any answer of the case.
template <class Predicate>
bool any_answer(const Facts& f, Predicate predicate) {
    const Answer* answers[] = {
        f.body ? &*f.body : nullptr,
        f.created(),
        f.updated(),
        f.mutation() != nullptr ? &f.mutation()->answer : nullptr
    };
    for (const auto* answer : answers) {
        if (answer != nullptr && predicate(*answer)) {
            return true;
        }
    }
    return false;
}

bool says(const Facts& f, int code, std::string_view text) {
    return f.body && f.body->response.code == code &&
           f.body->response.message.find(text) != std::string::npos;
}

std::string_view operation(const Facts& f) {
    return f.request.root()["request"]["operation"].string_or("");
}

bool is_json(const Facts& f) {
    return f.body && f.request.root().exists();
}

bool validates(const Facts& f) {
    return !is_mutation(f.c->path);
}

bool no_patch(const Facts& f) {
    return any_answer(f, [](const Answer& a) { return a.response.allowed && a.patch.empty(); });
}

bool has_patch(const Facts& f) {
    return any_answer(f, [](const Answer& a) { return !a.patch.empty(); });
}

bool forbidden(const Facts& f) {
    return any_answer(f, [](const Answer& a) { return a.response.code == 403; });
}

bool undecodable(const Facts& f) {
    return any_answer(f, [](const Answer& a) { return a.response.code == 400; });
}

bool escapes_keys(const Facts& f) {
    return f.mutation() != nullptr &&
           f.mutation()->answer.patch.find("leaderworkerset.sigs.k8s.io~1") != std::string::npos;
}

bool operation_without_decision(const Facts& f) {
    if (!is_json(f) || !f.body->response.allowed) {
        return false;
    }
    const auto op = operation(f);
    return op == "DELETE" || op == "CONNECT" || (!validates(f) && op == "PATCH");
}

// Its twin says dryRun true.
bool dry_run(const Facts& f) {
    return is_json(f) && f.c->twin.find(R"("dryRun":true)") != std::string::npos;
}

bool other_version(const Facts& f) {
    return is_json(f) && f.body->response.code != 400 &&
           f.body->document.root()["apiVersion"].string() == "admission.k8s.io/v1beta1";
}

bool echoes_uid(const Facts& f) {
    return is_json(f) && !f.body->review()["uid"].string_or("").empty();
}

bool known_path(const Facts& f) {
    return f.body && review_kind(review_path(f.c->path)) == f.c->path;
}

bool empty_body(const Facts& f) {
    return says(f, 400, "request body is empty");
}

bool not_json(const Facts& f) {
    return f.body && !f.request.root().exists() && says(f, 400, kParseError);
}

bool not_utf8(const Facts& f) {
    return says(f, 400, "Invalid encoding in string");
}

bool no_review(const Facts& f) {
    return is_json(f) && (says(f, 400, kParseError) || says(f, 400, "unexpected GroupVersion"));
}

bool other_content_type(const Facts& f) {
    return says(f, 400, "contentType=");
}

bool too_large(const Facts& f) {
    return says(f, 413, "request entity is too large");
}

bool too_deep(const Facts& f) {
    return says(f, 400, "nested deeper than");
}

bool too_many_members(const Facts& f) {
    return says(f, 400, "more than 2000000 values");
}

bool missing_object(const Facts& f) {
    return says(f, 400, "there is no content to decode");
}

bool undecodable_object(const Facts& f) {
    return says(f, 400, "expected object, got") || says(f, 400, ": expected ");
}

bool unknown_operation(const Facts& f) {
    return validates(f) && says(f, 400, "unknown operation ");
}

// The bodies are cut anywhere.
bool is_prefix(const Facts& f) {
    return f.body && !f.c->body.empty() && f.c->body.back() != '}' && not_json(f);
}

bool is_damaged(const Facts& f) {
    return f.body && f.c->body.starts_with(R"({"kind":)") && !f.request.root().exists();
}

bool has_other_value(const Facts& f) {
    return is_json(f) && undecodable(f);
}

bool undecodable_deletion(const Facts& f) {
    return is_json(f) && validates(f) && operation(f) == "DELETE" && f.body->response.code == 400;
}

bool object_without_kind(const Facts& f) {
    const auto object = f.request.root()["request"]["object"];
    return is_json(f) && f.body->response.code != 400 && operation(f) == "CREATE" &&
           object.is_object() && !object["kind"].exists() && !object["apiVersion"].exists();
}

bool other_kind(const Facts& f) {
    return any_answer(f, [](const Answer& a) {
        return a.response.message.find(" is registered for version ") != std::string::npos;
    });
}

bool number_out_of_range(const Facts& f) {
    return any_answer(f, [](const Answer& a) {
        return a.response.code == 400 &&
               a.response.message.find(" does not fit int") != std::string::npos;
    });
}

// Its twin has the last of the two only.
bool duplicate_keys(const Facts& f) {
    return is_json(f) && !f.c->twin.empty() && !dry_run(f);
}

bool subresource(const Facts& f) {
    return is_json(f) && f.request.root()["request"]["subResource"].is_string();
}

bool name_to_be_made(const Facts& f) {
    const auto metadata = f.before()["metadata"];
    return f.is_set() && metadata["generateName"].is_string() && !metadata["name"].exists() &&
           f.creation_denied("metadata.name: Required value: name or generateName is required");
}

constexpr RuleCheck kRules[] = {
    {3, "Keys in the paths of a patch are escaped with ~0 and ~1", escapes_keys},
    {3,
     "an allowed review answers code 200 with no patch and no patchType when nothing changes",
     no_patch},
    {3, "a patch is base64 with patchType JSONPatch", has_patch},
    {3, "a rule that denies answers 403 with reason Forbidden", forbidden},
    {3,
     "DELETE and CONNECT are allowed; an unknown operation counts as CREATE when mutating",
     operation_without_decision},
    {3, "a dry run makes no difference", dry_run},
    {3, "the answer's apiVersion is the request's, v1 without one", other_version},
    {3, "the uid is echoed; without one it is empty", echoes_uid},
    {3, "the four review paths are served and no other", known_path},
    {3, "an empty body is 400", empty_body},
    {3, "a body that is not JSON is 400", not_json},
    {3, "invalid UTF-8 is 400", not_utf8},
    {3, "a body that is no AdmissionReview is 400", no_review},
    {3, "a content type other than application/json is 400", other_content_type},
    {3, "a body of 7 MiB or more is 413 inside an AdmissionReview", too_large},
    {3, "A body of 7 MiB or more is a 413 inside an AdmissionReview", too_large},
    {3, "deep nesting is refused with 400", too_deep},
    {3, "millions of small members are answered within limits", too_many_members},
    {3, "a missing object or oldObject where needed is 400", missing_object},
    {3, "an undecodable object is 400 without reason", undecodable_object},
    {3, "an unknown operation is 400 when validating", unknown_operation},
    {3, "every prefix of a review gets a well-formed answer", is_prefix},
    {3, "a damaged review gets a well-formed answer", is_damaged},
    {3, "any value in place of another gets a well-formed answer", has_other_value},
    {3, "DELETE wants a decodable oldObject when validating", undecodable_deletion},
    {3, "The API server's objects without kind are taken as what is served", object_without_kind},
    {3, "An object of another kind or of another version is 400", other_kind},
    {3, "Numbers out of range are 400 with their path", number_out_of_range},
    {3, "Of duplicate keys the last counts", duplicate_keys},
    {3, "A subresource is judged by the object that it sends", subresource},
    {3,
     "With generateName alone a set gets its defaults, and validation wants the name",
     name_to_be_made},
    {3,
     "Undecodable and oversized reviews are answered inside an AdmissionReview with HTTP 200",
     undecodable},
};

constexpr std::string_view kServer =
    "it is about the server's connections and limits, not about an answer";
constexpr std::string_view kTransport = "it is about HTTP and TLS around an answer";

constexpr RuleElsewhere kElsewhere[] = {
    {3, "Too many connections are answered with 503 and Retry-After 1", kServer},
    {3, "Too many requests in flight are answered with 503 and Retry-After 1", kServer},
    {3, "Too many body bytes at one time are answered with 503", kServer},
    {3, "Refused reviews leave no connection, request or body counted", kServer},
    {3, "Other HTTP statuses only for path and method", kTransport},
    {3, "A review over TLS is answered with HTTP 200 and its uid", kTransport},
};

}  // namespace

std::span<const RuleCheck> review_rules() {
    return kRules;
}

std::span<const RuleElsewhere> rules_elsewhere() {
    return kElsewhere;
}

}  // namespace lws::webhook::property
