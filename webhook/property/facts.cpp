// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/facts.hpp"

#include <algorithm>
#include <utility>

#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/rules/groups/group_names.hpp"
#include "pkg/lws/testing/json_tree.hpp"
#include "webhook/property/error_order.hpp"
#include "webhook/review_options.hpp"

namespace lws::webhook::property {
namespace {

constexpr std::string_view kPrefix = "leaderworkerset.sigs.k8s.io/";

Error broken(std::string what) {
    return {ErrorCode::internal, std::move(what)};
}

json::Document read(const std::string& text) {
    auto document = json::parse(text);
    if (!document) {
        return {};
    }
    auto plain = json::parse(lws::testing::to_text(
        lws::testing::without_duplicates(lws::testing::read_tree(document->root()))
    ));
    return plain ? *std::move(plain) : json::Document();
}

bool holds(const Answer* answer, std::string_view text) {
    return answer != nullptr && answer->response.message.find(text) != std::string::npos;
}

bool warns(const Answer* answer, std::string_view text) {
    if (answer == nullptr) {
        return false;
    }
    const auto warnings = answer->review()["warnings"].items();
    return std::any_of(warnings.begin(), warnings.end(), [&](json::View warning) {
        return warning.string_or("").find(text) != std::string_view::npos;
    });
}

std::optional<std::string_view> text_at(json::View map, std::string_view key) {
    const auto value = map[std::string(kPrefix) + std::string(key)];
    return value.exists() ? std::optional(value.string_or("")) : std::nullopt;
}

// The rule on names and the controller's report on them speak of the same groups.
Result<void> check_names(const Facts& facts) {
    const auto* created = facts.created();
    if (created == nullptr || !created->response.allowed || facts.c->warn_long_names) {
        return {};
    }
    const auto set = api::read_leader_worker_set(facts.after());
    if (set && rules::groups_that_cannot_start(*set, set->spec.replicas)) {
        return broken("an accepted set has groups that cannot start because of their name");
    }
    return {};
}

Result<void> examine_set(const Case& c, Facts& facts) {
    const auto options = options_of(c);
    auto outcome = check_set({c.object, c.old_object, options, c.seed});
    if (!outcome) {
        return outcome.error();
    }
    facts.set = *std::move(outcome);
    facts.object = read(c.object);
    facts.old_object = c.old_object.empty() ? json::Document() : read(c.old_object);
    if (const auto* mutation = facts.mutation()) {
        facts.patched = read(mutation->object);
    }
    for (const auto* answer : {facts.created(), facts.updated()}) {
        if (answer == nullptr) {
            continue;
        }
        if (auto order = check_error_order(answer->response.message); !order) {
            return order;
        }
        if (answer->review()["warnings"].size() > 16) {
            return broken("more than 16 warnings");
        }
    }
    if (facts.updated() != nullptr) {
        const auto old =
            ask(ReviewKind::validate_set,
                kJsonType,
                write_review_text({"CREATE", c.old_object, {}}),
                options);
        if (!old) {
            return old.error();
        }
        facts.old_message = old->response.message;
    }
    return check_names(facts);
}

Result<void> examine_pod(const Case& c, Facts& facts) {
    auto outcome = check_pod({c.object, {}, options_of(c), c.seed});
    if (!outcome) {
        return outcome.error();
    }
    facts.pod = *std::move(outcome);
    facts.object = read(c.object);
    if (const auto* mutation = facts.mutation()) {
        facts.patched = read(mutation->object);
    }
    return {};
}

Result<void> examine_body(const Case& c, Facts& facts) {
    const auto options = options_of(c);
    auto answer = ask(c.path, c.content_type, c.body, options);
    if (!answer) {
        return answer.error();
    }
    if (!c.twin.empty()) {
        const auto twin = ask(c.path, c.content_type, c.twin, options);
        if (!twin) {
            return twin.error();
        }
        if (twin->response.body != answer->response.body) {
            return broken("a twin is answered otherwise: " + twin->response.body);
        }
    }
    if (review_kind(review_path(c.path)) != c.path || review_kind(c.body.substr(0, 64))) {
        return broken("a path is taken for another");
    }
    facts.body = *std::move(answer);
    // What is huge costs too much to be read a third time.
    if (auto request = json::parse(c.body.size() < 1'000'000 ? c.body : "null")) {
        facts.request = *std::move(request);
    }
    return {};
}

}  // namespace

const Answer* Facts::created() const {
    return set && set->created ? &*set->created : nullptr;
}

const Answer* Facts::updated() const {
    return set && set->updated ? &*set->updated : nullptr;
}

const Mutation* Facts::mutation() const {
    const auto* found = set ? &set->mutation : pod ? &pod->mutation : nullptr;
    return found != nullptr && *found ? &**found : nullptr;
}

bool Facts::creation_denied(std::string_view text) const {
    return holds(created(), text);
}

bool Facts::update_denied(std::string_view text) const {
    return holds(updated(), text);
}

bool Facts::set_denied(std::string_view text) const {
    return creation_denied(text) || update_denied(text);
}

bool Facts::pod_denied(std::string_view text) const {
    const auto* its = mutation();
    return pod && its != nullptr && its->answer.response.code == 403 && holds(&its->answer, text);
}

bool Facts::creation_warned(std::string_view text) const {
    return warns(created(), text);
}

bool Facts::update_warned(std::string_view text) const {
    return warns(updated(), text);
}

bool Facts::is_admitted() const {
    const auto* its = mutation();
    return pod && its != nullptr && its->answer.response.allowed && old_label("name").has_value();
}

bool Facts::is_leader() const {
    return is_admitted() && old_label("worker-index") == "0";
}

bool Facts::is_worker() const {
    return is_admitted() && old_label("worker-index") != "0";
}

std::optional<std::string_view> Facts::old_label(std::string_view key) const {
    return text_at(before()["metadata"]["labels"], key);
}

std::optional<std::string_view> Facts::label(std::string_view key) const {
    return text_at(after()["metadata"]["labels"], key);
}

std::optional<std::string_view> Facts::annotation(std::string_view key) const {
    return text_at(before()["metadata"]["annotations"], key);
}

Result<Facts> examine(const Case& c) {
    Facts facts;
    facts.c = &c;
    const auto done = c.kind == Case::Kind::set   ? examine_set(c, facts)
                      : c.kind == Case::Kind::pod ? examine_pod(c, facts)
                                                  : examine_body(c, facts);
    if (!done) {
        return done.error();
    }
    return facts;
}

ReviewOptions options_of(const Case& c) {
    config::Options options;
    options.configuration.scheduler_provider = c.gang ? "volcano" : "";
    options.extra.webhook.long_names =
        c.warn_long_names ? config::LongNames::warn : config::LongNames::deny;
    return review_options(options);
}

bool has_null(json::View value) {
    const auto members = value.members();
    const auto items = value.items();
    return value.is_null() ||
           std::any_of(
               members.begin(), members.end(), [](const auto& m) { return has_null(m.value); }
           ) ||
           std::any_of(items.begin(), items.end(), has_null);
}

std::optional<std::string> variable_of(json::View pod, std::string_view name) {
    for (const std::string_view list : {"containers", "initContainers"}) {
        for (const auto container : pod["spec"][list].items()) {
            for (const auto entry : container["env"].items()) {
                if (entry["name"].string() == name) {
                    return std::string(entry["value"].string_or(""));
                }
            }
        }
    }
    return std::nullopt;
}

}  // namespace lws::webhook::property
