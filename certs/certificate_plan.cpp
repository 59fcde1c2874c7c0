// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate_plan.hpp"

#include <algorithm>

namespace lws::certs {
namespace {

// Certificates begin in the past, so that a peer with a slow clock believes them.
constexpr std::chrono::hours kBackdate{1};

CertificatePlan create(std::string reason) {
    return {CertificateAction::create, std::move(reason)};
}

CertificatePlan renew(std::string reason) {
    return {CertificateAction::renew_leaf, std::move(reason)};
}

// Half of a short life, so that a policy cannot ask for renewal without end.
TimePoint renewal_time(const CertificateInfo& info, std::chrono::hours renew_before) {
    const auto life = info.not_after - info.not_before;
    return info.not_after - std::min<TimePoint::duration>(renew_before, life / 2);
}

}  // namespace

std::string CertificatePolicy::server_name() const {
    return service_name + '.' + service_namespace + ".svc";
}

CertificatePlan plan_certificates(
    const CertificateData& data, const CertificatePolicy& policy, TimePoint now
) {
    if (data == CertificateData{}) {
        return create("there is none");
    }
    const auto ca = inspect(data.ca_certificate);
    if (ca.has_error()) {
        return create("ca.crt: " + ca.error().message);
    }
    if (!ca->is_ca) {
        return create("ca.crt: not a CA");
    }
    const auto ca_key = check_key_matches(data.ca_certificate, data.ca_key);
    if (ca_key.has_error()) {
        return create("ca.key: " + ca_key.error().message);
    }
    if (now >= renewal_time(*ca, policy.renew_before)) {
        return create("the CA ends soon");
    }
    const auto key = check_key_matches(data.certificate, data.key);
    if (key.has_error()) {
        return renew("tls.crt, tls.key: " + key.error().message);
    }
    const auto verified =
        verify_server(data.certificate, data.ca_certificate, policy.server_name(), now);
    if (verified.has_error()) {
        return renew("tls.crt: " + verified.error().message);
    }
    const auto leaf = inspect(data.certificate);
    if (leaf.has_value() && now >= renewal_time(*leaf, policy.renew_before)) {
        return renew("the serving certificate ends soon");
    }
    return {};
}

Result<CertificateData> apply_plan(
    const CertificatePlan& plan,
    const CertificateData& data,
    const CertificatePolicy& policy,
    TimePoint now
) {
    if (plan.action == CertificateAction::keep) {
        return data;
    }
    CertificateData next = data;
    if (plan.action == CertificateAction::create) {
        auto ca = make_ca(now - kBackdate, now + policy.ca_lifetime);
        if (ca.has_error()) {
            return ca.error();
        }
        next.ca_certificate =
            ca->certificate_pem +
            other_valid_certificates(data.ca_certificate, ca->certificate_pem, now);
        next.ca_key = ca->key_pem;
    }
    LeafRequest request;
    request.dns_names = {
        policy.server_name(),
        policy.service_name + '.' + policy.service_namespace,
        policy.server_name() + ".cluster.local",
    };
    request.not_before = now - kBackdate;
    request.not_after = now + policy.leaf_lifetime;
    request.key = policy.leaf_key;
    auto leaf = make_leaf(KeyPair{next.ca_certificate, next.ca_key}, request);
    if (leaf.has_error()) {
        return leaf.error();
    }
    next.certificate = std::move(leaf->certificate_pem);
    next.key = std::move(leaf->key_pem);
    return next;
}

}  // namespace lws::certs
