// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "certs/certificate.hpp"
#include "certs/certificate_secret.hpp"

namespace lws::certs {

struct CertificatePolicy {
    // `<service>.<namespace>.svc`, the name that the API server dials.
    std::string service_name;
    std::string service_namespace;
    std::chrono::hours ca_lifetime{24 * 3650};
    std::chrono::hours leaf_lifetime{24 * 365};
    // Renewed when less than this is left.
    std::chrono::hours renew_before{24 * 90};
    LeafKey leaf_key = LeafKey::ecdsa_p256;

    [[nodiscard]] std::string server_name() const;
};

enum class CertificateAction { keep, renew_leaf, create };

struct CertificatePlan {
    CertificateAction action = CertificateAction::keep;
    std::string reason;  // empty for keep; for the log
};

// Keeps what a client of the service would accept now and for `renew_before`, whoever made it;
// renews the leaf while its CA can still sign; else asks for a new CA.
[[nodiscard]] CertificatePlan plan_certificates(
    const CertificateData& data, const CertificatePolicy& policy, TimePoint now
);

// Carries the plan out on bytes. A new CA comes first in ca.crt and what was trusted before and has
// not expired stays after it, so that certificates still in use are believed.
[[nodiscard]] Result<CertificateData> apply_plan(
    const CertificatePlan& plan,
    const CertificateData& data,
    const CertificatePolicy& policy,
    TimePoint now
);

}  // namespace lws::certs
