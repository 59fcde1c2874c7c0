// SPDX-License-Identifier: Apache-2.0
// What a case was and what came of it, for telling which rules it met.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/json/document.hpp"
#include "webhook/property/case.hpp"
#include "webhook/property/object_checks.hpp"

namespace lws::webhook::property {

struct Facts {
    const Case* c = nullptr;

    // Of sets and pods. The objects are without duplicates, and missing where the text was no JSON.
    std::optional<SetOutcome> set;
    std::optional<PodOutcome> pod;
    json::Document object;      // as it came
    json::Document old_object;  // of an update
    json::Document patched;     // as the mutating path leaves it
    // What creating the old object of an update would be answered with.
    std::string old_message;

    // Of bodies.
    std::optional<Answer> body;
    json::Document request;  // missing where the body is no JSON

    [[nodiscard]] json::View before() const { return object.root(); }
    [[nodiscard]] json::View after() const { return patched.root(); }

    // Answers of the validating path to a set; nothing where there was none.
    [[nodiscard]] const Answer* created() const;
    [[nodiscard]] const Answer* updated() const;
    // Of the mutating path, for either kind of object.
    [[nodiscard]] const Mutation* mutation() const;

    // Whether the text is in the denial of the set's creation, of its update, or of the pod.
    [[nodiscard]] bool creation_denied(std::string_view text) const;
    [[nodiscard]] bool update_denied(std::string_view text) const;
    [[nodiscard]] bool set_denied(std::string_view text) const;
    [[nodiscard]] bool pod_denied(std::string_view text) const;
    // Whether a warning of the creation, or of the update, holds the text.
    [[nodiscard]] bool creation_warned(std::string_view text) const;
    [[nodiscard]] bool update_warned(std::string_view text) const;

    [[nodiscard]] bool is_set() const { return set.has_value(); }
    // A pod of a set that was admitted.
    [[nodiscard]] bool is_admitted() const;
    [[nodiscard]] bool is_leader() const;  // an admitted one
    [[nodiscard]] bool is_worker() const;

    // Of the pod as it came and as it is admitted; `key` without prefix.
    [[nodiscard]] std::optional<std::string_view> old_label(std::string_view key) const;
    [[nodiscard]] std::optional<std::string_view> label(std::string_view key) const;
    [[nodiscard]] std::optional<std::string_view> annotation(std::string_view key) const;
};

// Asks all that there is to ask about the case. The error says what does not hold.
[[nodiscard]] Result<Facts> examine(const Case& c);

// Whether any member at any depth is null.
[[nodiscard]] bool has_null(json::View value);
// The first variable of that name of any container, as text.
[[nodiscard]] std::optional<std::string> variable_of(json::View pod, std::string_view name);

}  // namespace lws::webhook::property
