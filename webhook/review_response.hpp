// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pkg/lws/support/arena.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::webhook {

// What was decided on one object. Made by the functions below, whose names say the outcome. Its
// texts are of somebody else.
struct Decision {
    bool allowed = false;
    int code = 0;                                // of the Status: 200, 400, 403, 413
    std::string_view reason;                     // `Forbidden` of a denial, else empty
    std::string_view message;                    // for the user, UTF-8; empty when allowed
    std::string_view patch;                      // JSON Patch; empty when nothing changes
    std::span<const std::string_view> warnings;  // UTF-8
};

[[nodiscard]] Decision allow();
[[nodiscard]] Decision allow_with_patch(std::string_view patch);
// By a rule: 403 Forbidden.
[[nodiscard]] Decision deny(std::string_view message);
// The review or its object cannot be judged: 400, or 413 for ErrorCode::too_large. A `forbidden`
// error is a denial. The message is copied into `arena`.
[[nodiscard]] Decision refuse(const Error& error, Arena& arena);

// Puts one AdmissionReview as JSON into `out`, in the place of what was there. Empty `api_version`
// and `kind` are those of admission.k8s.io/v1. The members are those that controller-runtime v0.24
// writes (pkg/webhook/admission).
void write_review(
    std::string& out,
    std::string_view api_version,
    std::string_view kind,
    std::string_view uid,
    const Decision& decision
);

// Standard base64 with padding (RFC 4648), appended.
void append_base64(std::string& out, std::string_view bytes);

}  // namespace lws::webhook
