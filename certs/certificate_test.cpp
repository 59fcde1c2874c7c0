// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate.hpp"

#include <catch2/catch.hpp>

namespace lws::certs {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = std::chrono::system_clock::from_time_t(1'800'000'000);

const KeyPair& ca() {
    static const KeyPair kPair = make_ca(kNow - 1h, kNow + 24h * 3650).value();
    return kPair;
}

LeafRequest request() {
    LeafRequest result;
    result.dns_names = {"service.ns.svc", "service.ns"};
    result.not_before = kNow - 1h;
    result.not_after = kNow + 24h * 365;
    return result;
}

TEST_CASE("the CA is one that the peer can read after a hand-back", "[certs]") {
    CHECK(ca().key_pem.rfind("-----BEGIN RSA PRIVATE KEY-----\n", 0) == 0);
    CHECK(ca().certificate_pem.rfind("-----BEGIN CERTIFICATE-----\n", 0) == 0);
    const auto info = inspect(ca().certificate_pem);
    REQUIRE(info.has_value());
    CHECK(info->common_name == "lws-ca");
    CHECK(info->is_ca);
    CHECK(info->not_after == kNow + 24h * 3650);
    CHECK(check_key_matches(ca().certificate_pem, ca().key_pem).has_value());
}

TEST_CASE("a serving certificate verifies for each of its names and no other", "[certs]") {
    const auto kind = GENERATE(LeafKey::ecdsa_p256, LeafKey::rsa_2048);
    LeafRequest wanted = request();
    wanted.key = kind;
    const auto leaf = make_leaf(ca(), wanted);
    REQUIRE(leaf.has_value());
    CHECK(check_key_matches(leaf->certificate_pem, leaf->key_pem).has_value());
    const auto verify = [&](const std::string& name, TimePoint at) {
        return verify_server(leaf->certificate_pem, ca().certificate_pem, name, at).has_value();
    };
    CHECK(verify("service.ns.svc", kNow));
    CHECK(verify("service.ns", kNow));
    CHECK_FALSE(verify("other.ns.svc", kNow));
    CHECK_FALSE(verify("service.ns.svc", kNow - 2h));
    CHECK_FALSE(verify("service.ns.svc", kNow + 24h * 366));
    const auto info = inspect(leaf->certificate_pem);
    REQUIRE(info.has_value());
    CHECK_FALSE(info->is_ca);
    CHECK(info->dns_names == wanted.dns_names);
    CHECK(info->common_name == "service.ns.svc");
    CHECK(info->not_before == wanted.not_before);
    CHECK(info->not_after == wanted.not_after);
}

TEST_CASE("the serving key is ECDSA in SEC 1 form", "[certs]") {
    CHECK(make_leaf(ca(), request())->key_pem.rfind("-----BEGIN EC PRIVATE KEY-----\n", 0) == 0);
}

TEST_CASE(
    "a certificate of another CA does not verify, one of any CA in the bundle does", "[certs]"
) {
    const auto other = make_ca(kNow - 1h, kNow + 24h).value();
    const auto leaf = make_leaf(other, request()).value();
    const std::string name = "service.ns.svc";
    CHECK(verify_server(leaf.certificate_pem, ca().certificate_pem, name, kNow).has_error());
    const std::string bundle = ca().certificate_pem + "text between\n" + other.certificate_pem;
    CHECK(verify_server(leaf.certificate_pem, bundle, name, kNow).has_value());
    CHECK(verify_server(leaf.certificate_pem, "", name, kNow).has_error());
}

TEST_CASE("a CA does not serve as a serving certificate's key holder", "[certs]") {
    const auto leaf = make_leaf(ca(), request()).value();
    CHECK(check_key_matches(leaf.certificate_pem, ca().key_pem).has_error());
    const auto fake = make_leaf(leaf, request());
    REQUIRE(fake.has_value());
    const std::string chain = fake->certificate_pem + leaf.certificate_pem;
    CHECK(verify_server(chain, ca().certificate_pem, "service.ns.svc", kNow).has_error());
}

TEST_CASE("a very long name is carried by the alternative names", "[certs]") {
    LeafRequest wanted = request();
    wanted.dns_names = {std::string(63, 'a') + '.' + std::string(63, 'b') + ".svc"};
    const auto leaf = make_leaf(ca(), wanted);
    REQUIRE(leaf.has_value());
    CHECK(verify_server(leaf->certificate_pem, ca().certificate_pem, wanted.dns_names[0], kNow)
              .has_value());
}

TEST_CASE("broken bytes are errors and nothing else", "[certs]") {
    const auto bytes = GENERATE_COPY(values<std::string>(
        {"",
         "garbage",
         "-----BEGIN CERTIFICATE-----\n",
         std::string(5000, '\xff'),
         "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
         ca().certificate_pem.substr(0, 400),
         "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"}
    ));
    CHECK(inspect(bytes).has_error());
    CHECK(check_key_matches(bytes, ca().key_pem).has_error());
    CHECK(check_key_matches(ca().certificate_pem, bytes).has_error());
    CHECK(verify_server(bytes, ca().certificate_pem, "a", kNow).has_error());
    CHECK(verify_server(ca().certificate_pem, bytes, "a", kNow).has_error());
    CHECK(make_leaf(KeyPair{bytes, ca().key_pem}, request()).has_error());
    CHECK(make_leaf(KeyPair{ca().certificate_pem, bytes}, request()).has_error());
    CHECK(other_valid_certificates(bytes, ca().certificate_pem, kNow).empty());
}

TEST_CASE("a serving certificate without names is refused", "[certs]") {
    CHECK(make_leaf(ca(), LeafRequest{}).has_error());
}

TEST_CASE("what else is trusted stays in order without the expired and the signer", "[certs]") {
    const auto old = make_ca(kNow - 48h, kNow - 1h).value();
    const auto next = make_ca(kNow - 1h, kNow + 1h).value();
    const std::string bundle = old.certificate_pem + ca().certificate_pem +
                               "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" +
                               next.certificate_pem;
    CHECK(other_valid_certificates(bundle, ca().certificate_pem, kNow) == next.certificate_pem);
    CHECK(
        other_valid_certificates(bundle, "", kNow) == ca().certificate_pem + next.certificate_pem
    );
}

}  // namespace
}  // namespace lws::certs
