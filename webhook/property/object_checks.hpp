// SPDX-License-Identifier: Apache-2.0
// Everything that is asked about one set or one pod, and what must hold for the answers together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pkg/lws/support/result.hpp"
#include "webhook/property/mutation_checks.hpp"
#include "webhook/property/pods_of_set.hpp"

namespace lws::webhook::property {

struct ObjectCase {
    std::string object;      // JSON text, or any bytes
    std::string old_object;  // of an update; empty without one
    ReviewOptions options;
    std::uint64_t seed = 0;  // of the order that members are brought into
};

struct SetOutcome {
    // An update of the texts as they came. Where they are no JSON, nothing else is asked; else the
    // rest is about the objects without duplicate members, as API servers send them.
    std::optional<Answer> raw;
    std::optional<Mutation> mutation;  // CREATE
    std::optional<Answer> created;     // of the object with its defaults
    std::optional<Answer> updated;     // with an old object only; no defaults are added
    std::optional<PodsOfSet> pods;     // of an accepted set
};

// The mutating path touches only what it owns and is idempotent; the verdict, the warnings and the
// defaults do not depend on the order of members; what is accepted makes pods that are accepted.
// The error says what does not hold.
[[nodiscard]] Result<SetOutcome> check_set(const ObjectCase& object_case);

struct PodOutcome {
    std::optional<Mutation> mutation;
    std::optional<Answer> validated;
};

// As above; the validating path allows exactly what can be decoded.
[[nodiscard]] Result<PodOutcome> check_pod(const ObjectCase& object_case);

}  // namespace lws::webhook::property
