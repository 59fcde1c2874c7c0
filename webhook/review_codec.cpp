// SPDX-License-Identifier: Apache-2.0
#include "webhook/review_codec.hpp"

#include <array>
#include <utility>

#include "pkg/lws/api/defaulting.hpp"
#include "pkg/lws/api/go_text.hpp"
#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/rules/admission/pod_shape.hpp"
#include "webhook/review_request.hpp"
#include "webhook/review_response.hpp"

namespace lws::webhook {
namespace {

constexpr std::array<std::pair<ReviewKind, std::string_view>, 4> kPaths{{
    {ReviewKind::mutate_set, "/mutate-leaderworkerset-x-k8s-io-v1-leaderworkerset"},
    {ReviewKind::validate_set, "/validate-leaderworkerset-x-k8s-io-v1-leaderworkerset"},
    {ReviewKind::mutate_pod, "/mutate--v1-pod"},
    {ReviewKind::validate_pod, "/validate--v1-pod"},
}};

bool is_set(ReviewKind kind) {
    return kind == ReviewKind::mutate_set || kind == ReviewKind::validate_set;
}

bool is_mutation(ReviewKind kind) {
    return kind == ReviewKind::mutate_set || kind == ReviewKind::mutate_pod;
}

Error undecodable(std::string message) {
    return {ErrorCode::invalid_input, std::move(message)};
}

// Absent members mean what the path is for: API servers once sent objects without them.
Result<void> check_type(json::View object, std::string_view api_version, std::string_view kind) {
    for (const std::string_view key : {"apiVersion", "kind"}) {
        const auto value = object[key];
        if (!value.absent_or_null() && !value.is_string()) {
            return undecodable(
                std::string(key) + ": expected string, got " + std::string(value.type_name())
            );
        }
    }
    const auto actual_version = object["apiVersion"].string_or("");
    const auto actual_kind = object["kind"].string_or("");
    if ((actual_version.empty() || actual_version == api_version) &&
        (actual_kind.empty() || actual_kind == kind)) {
        return {};
    }
    return undecodable(
        "no kind " + api::go_quote(actual_kind.empty() ? kind : actual_kind) +
        " is registered for version " +
        api::go_quote(actual_version.empty() ? api_version : actual_version)
    );
}

// Whether `object` is there and is what the path is for.
Result<void> check_object(ReviewKind kind, json::View object) {
    if (!object.exists()) {
        return undecodable("there is no content to decode");
    }
    if (!object.is_object()) {
        return undecodable(
            "couldn't get version/kind; json parse error: expected object, got " +
            std::string(object.type_name())
        );
    }
    auto typed = is_set(kind) ? check_type(object, api::kApiVersion, api::kKind)
                              : check_type(object, "v1", "Pod");
    if (!typed) {
        return typed;
    }
    if (is_set(kind)) {
        return api::check_leader_worker_set(object);
    }
    // plan_pod() looks at the shape itself.
    return is_mutation(kind) ? Result<void>() : rules::check_pod_shape(object);
}

Decision mutate(
    ReviewKind kind,
    const ReviewRequest& request,
    const ReviewOptions& options,
    json::PatchBuilder& patch,
    Arena& arena
) {
    // What goes away needs no defaults, and CONNECT has no object of ours. Everything else counts
    // as CREATE, as upstream has it.
    const bool connect_without_object = request.operation == "CONNECT" && !request.object.exists();
    if (request.operation == "DELETE" || connect_without_object) {
        return allow();
    }
    if (auto checked = check_object(kind, request.object); !checked) {
        return refuse(checked.error(), arena);
    }
    if (kind == ReviewKind::mutate_set) {
        api::plan_defaults(request.object, patch);
    } else if (auto planned = rules::plan_pod(request.object, options.pods, patch); !planned) {
        return refuse(planned.error(), arena);
    }
    return patch.empty() ? allow() : allow_with_patch(patch.finish());
}

// The result may go: what the decision looks at stays in the arena.
Decision judge(const api::ValidationResult& result, Arena& arena) {
    auto decision = result.allowed() ? allow() : deny(api::format_errors(result.errors, arena));
    decision.warnings = result.warnings;
    return decision;
}

Decision validate(
    ReviewKind kind, const ReviewRequest& request, const ReviewOptions& options, Arena& arena
) {
    const bool create = request.operation == "CREATE";
    const bool update = request.operation == "UPDATE";
    if (request.operation == "CONNECT") {
        return allow();
    }
    if (!create && !update && request.operation != "DELETE") {
        return refuse(undecodable("unknown operation " + api::go_quote(request.operation)), arena);
    }
    if (create || update) {
        if (auto checked = check_object(kind, request.object); !checked) {
            return refuse(checked.error(), arena);
        }
    }
    if (!create) {
        if (auto checked = check_object(kind, request.old_object); !checked) {
            return refuse(checked.error(), arena);
        }
    }
    // Upstream allows every pod that it can decode.
    if (kind == ReviewKind::validate_pod || request.operation == "DELETE") {
        return allow();
    }
    return judge(
        create ? api::validate_create(request.object, options.sets, arena)
               : api::validate_update(request.object, request.old_object, arena),
        arena
    );
}

ReviewOutcome respond(
    std::string& answer,
    std::string_view api_version,
    std::string_view kind,
    std::string_view uid,
    const Decision& decision
) {
    write_review(answer, api_version, kind, uid, decision);
    return {decision.allowed, decision.code, decision.message};
}

ReviewOutcome respond_undecodable(std::string& answer, const Error& error, Arena& arena) {
    return respond(answer, "", "", "", refuse(error, arena));
}

ReviewResponse own(const ReviewOutcome& outcome, std::string answer) {
    ReviewResponse response;
    response.allowed = outcome.allowed;
    response.code = outcome.code;
    response.message = outcome.message;
    response.body = std::move(answer);
    return response;
}

}  // namespace

std::optional<ReviewKind> review_kind(std::string_view path) {
    for (const auto& [kind, its_path] : kPaths) {
        if (its_path == path) {
            return kind;
        }
    }
    return std::nullopt;
}

std::string_view review_path(ReviewKind kind) {
    for (const auto& [its_kind, path] : kPaths) {
        if (its_kind == kind) {
            return path;
        }
    }
    return {};
}

ReviewOutcome handle_review(
    ReviewKind kind,
    std::string_view content_type,
    std::string& body,
    const ReviewOptions& options,
    Arena& arena,
    std::string& answer
) {
    arena.reset();
    if (auto checked = check_review_body(content_type, body); !checked) {
        return respond_undecodable(answer, checked.error(), arena);
    }
    const auto review = json::parse_in_place(body, arena);
    if (!review) {
        // Too deep or too many values is bad input to the reader of the answer, not a size in
        // bytes.
        return respond_undecodable(
            answer,
            undecodable("couldn't get version/kind; json parse error: " + review.error().message),
            arena
        );
    }
    const auto request = read_review(*review);
    if (!request) {
        return respond_undecodable(answer, request.error(), arena);
    }
    json::PatchBuilder patch(request->object, arena);
    const auto decision = is_mutation(kind) ? mutate(kind, *request, options, patch, arena)
                                            : validate(kind, *request, options, arena);
    return respond(answer, request->api_version, request->kind, request->uid, decision);
}

ReviewResponse handle_review(
    ReviewKind kind, std::string_view content_type, std::string body, const ReviewOptions& options
) {
    Arena arena;
    std::string answer;
    const auto outcome = handle_review(kind, content_type, body, options, arena, answer);
    return own(outcome, std::move(answer));
}

ReviewResponse review_too_large() {
    Arena arena;
    std::string answer;
    const auto outcome = respond_undecodable(
        answer,
        Error(
            ErrorCode::too_large,
            "request entity is too large; limit is " + std::to_string(kMaxReviewBytes) + " bytes"
        ),
        arena
    );
    return own(outcome, std::move(answer));
}

}  // namespace lws::webhook
