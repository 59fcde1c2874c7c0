// SPDX-License-Identifier: Apache-2.0
// What holds for the patch of any object.
#pragma once

#include <string>
#include <string_view>

#include "pkg/lws/support/result.hpp"
#include "webhook/property/answer_checks.hpp"

namespace lws::webhook::property {

// Whether the mutating webhook may write at this JSON pointer. Sets: restartPolicy, the rollout
// strategy's type and configuration, the subdomain policy, and the objects above them where there
// are none. Pods: five labels, the gang annotation, the subdomain, affinity terms, and the
// environment of containers.
[[nodiscard]] bool is_owned(ReviewKind kind, std::string_view pointer);

// Reviews `object`, a JSON text without duplicate members, by a mutating path, and checks that the
// patch applies, that it touches owned places only, that everything else is as it was, and that a
// second review of the result has nothing to add. Returns the object as an API server would store
// it; where the review refuses it, the object itself.
struct Mutation {
    Answer answer;
    std::string object;
};
[[nodiscard]] Result<Mutation> check_mutation(
    ReviewKind kind,
    std::string_view operation,
    const std::string& object,
    const ReviewOptions& options
);

}  // namespace lws::webhook::property
