// SPDX-License-Identifier: Apache-2.0
// The rules of the validating webhook. Source: kubernetes-sigs/lws v0.10
// pkg/webhooks/leaderworkerset_webhook.go, ValidateCreate and ValidateUpdate, and apimachinery
// v0.36 for the texts of object metadata and percentages.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/arena.hpp"

namespace lws::api {

// Prints as field.Error of apimachinery does: `path: Invalid value: VALUE: detail`. Its texts are
// constants, or lie in the arena of the validation.
struct FieldError {
    enum class Type : std::uint8_t { invalid, required, not_supported, forbidden, too_long };

    Type type = Type::invalid;
    std::string_view path;
    std::string_view value;   // already printed, quotes included; of invalid and not_supported only
    std::string_view detail;  // may be empty

    [[nodiscard]] std::string_view text(Arena& arena) const;

    friend bool operator==(const FieldError&, const FieldError&) = default;
};

// One error as it is, several as `[a, b]`, identical texts once, in their order. Empty without
// errors. This is the message of the denial.
[[nodiscard]] std::string_view format_errors(
    const std::pmr::vector<FieldError>& errors, Arena& arena
);

struct ValidationOptions {
    // What CREATE does with a name that is too long for its pods to start. `warn` is for restores
    // and GitOps, where an object must be storable as it was.
    enum class NameRule : std::uint8_t { deny, warn };
    NameRule name_rule = NameRule::deny;
};

// Good for as long as the arena that it was made with keeps what it handed out.
struct ValidationResult {
    explicit ValidationResult(Arena& arena) : errors(&arena), warnings(&arena) {}

    std::pmr::vector<FieldError> errors;  // in the order of upstream's checks; denied if not empty
    std::pmr::vector<std::string_view> warnings;  // of AdmissionResponse, whatever the decision

    [[nodiscard]] bool allowed() const { return errors.empty(); }
};

// Total on any JSON: a member of a wrong type counts as absent, so call read_leader_worker_set()
// first and answer its error. All memory is of `arena`. Pure; any thread.
[[nodiscard]] ValidationResult validate_create(
    json::View set, const ValidationOptions& options, Arena& arena
);

// The whole new object is validated. A rule that the old object broke already is no reason to deny
// as long as what it looks at did not get worse: such objects can still be scaled and drained.
[[nodiscard]] ValidationResult validate_update(
    json::View new_set, json::View old_set, Arena& arena
);

}  // namespace lws::api
