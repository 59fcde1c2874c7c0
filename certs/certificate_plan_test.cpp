// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate_plan.hpp"

#include <catch2/catch.hpp>
#include <functional>

namespace lws::certs {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = std::chrono::system_clock::from_time_t(1'800'000'000);

CertificatePolicy policy() {
    CertificatePolicy result;
    result.service_name = "lws-webhook-service";
    result.service_namespace = "lws-system";
    return result;
}

const CertificateData& fresh() {
    static const CertificateData kData =
        apply_plan({CertificateAction::create, ""}, {}, policy(), kNow).value();
    return kData;
}

TEST_CASE("from nothing a CA and a serving certificate are made that fit", "[certs]") {
    CHECK(plan_certificates({}, policy(), kNow).action == CertificateAction::create);
    const CertificateData& data = fresh();
    CHECK(plan_certificates(data, policy(), kNow).action == CertificateAction::keep);
    CHECK(verify_server(
              data.certificate, data.ca_certificate, "lws-webhook-service.lws-system.svc", kNow
    )
              .has_value());
    CHECK(inspect(data.ca_certificate)->not_after == kNow + 24h * 3650);
    CHECK(inspect(data.certificate)->not_after == kNow + 24h * 365);
}

TEST_CASE("keeping changes nothing", "[certs]") {
    CHECK(apply_plan({}, fresh(), policy(), kNow).value() == fresh());
}

TEST_CASE("the serving certificate is renewed 90 days before its end, by the same CA", "[certs]") {
    const auto at = [](std::chrono::hours after) {
        return plan_certificates(fresh(), policy(), kNow + after);
    };
    CHECK(at(24h * 275 - 1h).action == CertificateAction::keep);
    const auto plan = at(24h * 275);
    CHECK(plan.action == CertificateAction::renew_leaf);
    const auto later = kNow + 24h * 275;
    const auto next = apply_plan(plan, fresh(), policy(), later);
    REQUIRE(next.has_value());
    CHECK(next->ca_certificate == fresh().ca_certificate);
    CHECK(next->ca_key == fresh().ca_key);
    CHECK(next->certificate != fresh().certificate);
    CHECK(plan_certificates(*next, policy(), later).action == CertificateAction::keep);
    // An expired one is renewed as well: the clock may have been wrong or we were away.
    CHECK(at(24h * 400).action == CertificateAction::renew_leaf);
}

TEST_CASE("a CA near its end gives way to a new one and stays trusted", "[certs]") {
    const auto later = kNow + 24h * (3650 - 90);
    const auto plan = plan_certificates(fresh(), policy(), later);
    REQUIRE(plan.action == CertificateAction::create);
    const auto next = apply_plan(plan, fresh(), policy(), later);
    REQUIRE(next.has_value());
    CHECK(next->ca_key != fresh().ca_key);
    CHECK(next->ca_certificate.find(fresh().ca_certificate) != std::string::npos);
    CHECK(inspect(next->ca_certificate)->not_after > later + 24h * 3649);
    CHECK(plan_certificates(*next, policy(), later).action == CertificateAction::keep);
}

const CertificateData& other() {
    static const CertificateData kData =
        apply_plan({CertificateAction::create, ""}, {}, policy(), kNow).value();
    return kData;
}

const CertificateData& for_another_name() {
    static const CertificateData kData = [] {
        CertificatePolicy elsewhere = policy();
        elsewhere.service_name = "elsewhere";
        return apply_plan({CertificateAction::renew_leaf, ""}, fresh(), elsewhere, kNow).value();
    }();
    return kData;
}

struct Damage {
    std::string name;
    CertificateAction action;
    std::function<void(CertificateData&)> apply;
};

TEST_CASE("what is broken in the Secret is made anew, and no more than that", "[certs]") {
    const auto c = GENERATE(values<Damage>({
        {"no CA", CertificateAction::create, [](auto& d) { d.ca_certificate.clear(); }},
        {"no CA key", CertificateAction::create, [](auto& d) { d.ca_key.clear(); }},
        {"CA is garbage", CertificateAction::create, [](auto& d) { d.ca_certificate = "x"; }},
        {"CA key of another", CertificateAction::create, [](auto& d) { d.ca_key = other().ca_key; }
        },
        {"CA is a leaf",
         CertificateAction::create,
         [](auto& d) {
             d.ca_certificate = d.certificate;
             d.ca_key = d.key;
         }},
        {"no certificate", CertificateAction::renew_leaf, [](auto& d) { d.certificate.clear(); }},
        {"no key", CertificateAction::renew_leaf, [](auto& d) { d.key.clear(); }},
        {"key of another", CertificateAction::renew_leaf, [](auto& d) { d.key = other().key; }},
        {"pair of another CA",
         CertificateAction::renew_leaf,
         [](auto& d) {
             d.certificate = other().certificate;
             d.key = other().key;
         }},
        {"pair for another name",
         CertificateAction::renew_leaf,
         [](auto& d) {
             d.certificate = for_another_name().certificate;
             d.key = for_another_name().key;
         }},
    }));
    DYNAMIC_SECTION(c.name) {
        CertificateData data = fresh();
        c.apply(data);
        const auto plan = plan_certificates(data, policy(), kNow);
        CHECK(plan.action == c.action);
        CHECK_FALSE(plan.reason.empty());
        const auto next = apply_plan(plan, data, policy(), kNow);
        REQUIRE(next.has_value());
        CHECK(plan_certificates(*next, policy(), kNow).action == CertificateAction::keep);
    }
}

TEST_CASE("an RSA pair for the service's name alone, as the peer makes it, is kept", "[certs]") {
    CertificateData data = fresh();
    LeafRequest request;
    request.dns_names = {"lws-webhook-service.lws-system.svc"};
    request.not_before = kNow - 1h;
    request.not_after = kNow + 24h * 365;
    request.key = LeafKey::rsa_2048;
    const auto leaf = make_leaf({data.ca_certificate, data.ca_key}, request).value();
    REQUIRE(leaf.key_pem.rfind("-----BEGIN RSA PRIVATE KEY-----", 0) == 0);
    data.certificate = leaf.certificate_pem;
    data.key = leaf.key_pem;
    CHECK(plan_certificates(data, policy(), kNow).action == CertificateAction::keep);
}

TEST_CASE("a life shorter than the renewal time is renewed at its half", "[certs]") {
    CertificatePolicy quick = policy();
    quick.leaf_lifetime = 24h;
    const auto data = apply_plan({CertificateAction::create, ""}, {}, quick, kNow).value();
    CHECK(plan_certificates(data, quick, kNow).action == CertificateAction::keep);
    CHECK(plan_certificates(data, quick, kNow + 13h).action == CertificateAction::renew_leaf);
}

}  // namespace
}  // namespace lws::certs
