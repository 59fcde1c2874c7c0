// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/object_checks.hpp"

#include <utility>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/apply_patch.hpp"
#include "pkg/lws/testing/json_tree.hpp"
#include "webhook/property/random.hpp"
#include "webhook/property/tree_mutations.hpp"

namespace lws::webhook::property {
namespace {

using lws::testing::JsonTree;

Error broken(std::string what) {
    return {ErrorCode::internal, "the order of members: " + std::move(what)};
}

// Nothing for what is not JSON. An API server sends no duplicates.
std::optional<JsonTree> read_object(const std::string& text) {
    const auto document = json::parse(text);
    if (!document) {
        return std::nullopt;
    }
    return lws::testing::without_duplicates(lws::testing::read_tree(document->root()));
}

std::string shuffled(JsonTree tree, Random& random) {
    shuffle_members(tree, random);
    return lws::testing::to_text(tree);
}

// Of texts that cannot be decoded the first fault in the text is named, as by Go's decoder.
bool same_verdict(const Answer& a, const Answer& b) {
    if (a.response.code == 400 && b.response.code == 400) {
        return true;
    }
    const auto same = [&](std::string_view member) {
        return json::equal(a.review()[member], b.review()[member]);
    };
    return same("allowed") && same("status") && same("warnings");
}

Result<void> check_order(const Answer& one, const Answer& other) {
    if (!same_verdict(one, other)) {
        return broken(one.response.body + " and " + other.response.body);
    }
    return {};
}

// Asks about the same objects in another order.
Result<void> check_validation_order(
    std::string_view operation,
    const JsonTree& object,
    const std::optional<JsonTree>& old_object,
    const ObjectCase& object_case,
    const Answer& answer
) {
    Random random(object_case.seed);
    const auto text = shuffled(object, random);
    const auto old_text = old_object ? shuffled(*old_object, random) : std::string();
    const auto other =
        ask(ReviewKind::validate_set,
            kJsonType,
            write_review_text({operation, text, old_text}),
            object_case.options);
    return other ? check_order(answer, *other) : Result<void>(other.error());
}

Result<Mutation> mutate_in_any_order(
    ReviewKind kind, const JsonTree& object, const ObjectCase& object_case
) {
    auto mutation =
        check_mutation(kind, "CREATE", lws::testing::to_text(object), object_case.options);
    if (!mutation) {
        return mutation;
    }
    Random random(object_case.seed);
    const auto other =
        check_mutation(kind, "CREATE", shuffled(object, random), object_case.options);
    if (!other) {
        return other.error();
    }
    if (auto order = check_order(mutation->answer, other->answer); !order) {
        return order.error();
    }
    if (!lws::testing::same_json(mutation->object, other->object)) {
        return broken(mutation->object + " and " + other->object);
    }
    return mutation;
}

Result<Answer> validate(
    std::string_view operation,
    const std::string& object,
    const std::string& old_object,
    const ObjectCase& object_case
) {
    return ask(
        ReviewKind::validate_set,
        kJsonType,
        write_review_text({operation, object, old_object}),
        object_case.options
    );
}

Result<void> check_creation(
    const JsonTree& object, const ObjectCase& object_case, SetOutcome& outcome
) {
    auto mutation = mutate_in_any_order(ReviewKind::mutate_set, object, object_case);
    if (!mutation) {
        return mutation.error();
    }
    outcome.mutation = *std::move(mutation);
    auto created = validate("CREATE", outcome.mutation->object, "", object_case);
    if (!created) {
        return created.error();
    }
    outcome.created = *std::move(created);
    const auto stored = *read_object(outcome.mutation->object);
    if (auto order =
            check_validation_order("CREATE", stored, std::nullopt, object_case, *outcome.created);
        !order) {
        return order;
    }
    if (!outcome.created->response.allowed) {
        return {};
    }
    const auto document = json::parse(outcome.mutation->object);
    auto pods = admit_pods(document->root(), object_case.options);
    if (!pods) {
        return pods.error();
    }
    outcome.pods = *std::move(pods);
    return {};
}

}  // namespace

Result<SetOutcome> check_set(const ObjectCase& object_case) {
    SetOutcome outcome;
    auto raw = validate("UPDATE", object_case.object, object_case.old_object, object_case);
    if (!raw) {
        return raw.error();
    }
    outcome.raw = *std::move(raw);
    const auto object = read_object(object_case.object);
    if (!object) {
        return outcome;
    }
    if (auto creation = check_creation(*object, object_case, outcome); !creation) {
        return creation.error();
    }
    const auto old_object = read_object(object_case.old_object);
    if (!old_object) {
        return outcome;
    }
    auto updated = validate(
        "UPDATE", lws::testing::to_text(*object), lws::testing::to_text(*old_object), object_case
    );
    if (!updated) {
        return updated.error();
    }
    outcome.updated = *std::move(updated);
    if (auto order =
            check_validation_order("UPDATE", *object, old_object, object_case, *outcome.updated);
        !order) {
        return order.error();
    }
    return outcome;
}

Result<PodOutcome> check_pod(const ObjectCase& object_case) {
    PodOutcome outcome;
    const auto ask_about = [&](ReviewKind kind, std::string_view text) {
        return ask(kind, kJsonType, write_review_text({"CREATE", text, {}}), object_case.options);
    };
    if (auto raw = ask_about(ReviewKind::mutate_pod, object_case.object); !raw) {
        return raw.error();
    }
    const auto object = read_object(object_case.object);
    if (!object) {
        return outcome;
    }
    auto mutation = mutate_in_any_order(ReviewKind::mutate_pod, *object, object_case);
    if (!mutation) {
        return mutation.error();
    }
    outcome.mutation = *std::move(mutation);
    auto validated = ask_about(ReviewKind::validate_pod, lws::testing::to_text(*object));
    if (!validated) {
        return validated.error();
    }
    outcome.validated = *std::move(validated);
    const bool decodable = outcome.mutation->answer.response.code != 400;
    if (outcome.validated->response.allowed != decodable) {
        return Error(ErrorCode::internal, "the validating path and the mutating one disagree");
    }
    return outcome;
}

}  // namespace lws::webhook::property
