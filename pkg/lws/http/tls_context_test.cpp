// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/tls_context.hpp"

#include <openssl/ssl.h>

#include <catch2/catch.hpp>

#include "pkg/lws/http/testing/test_server.hpp"

namespace lws::http {
namespace {

TEST_CASE("a context holds the least version and suites that were configured", "[http][tls]") {
    const auto leaf = testing::make_test_leaf();
    config::TlsConfiguration tls;
    tls.cipher_suites = {"ECDHE-ECDSA-AES128-GCM-SHA256"};
    const auto context = make_server_context(leaf.certificate_pem, leaf.key_pem, tls);
    REQUIRE(context.has_value());
    CHECK(SSL_CTX_get_min_proto_version((*context)->native_handle()) == TLS1_2_VERSION);
    int suites_of_12 = 0;
    const auto* const suites = SSL_CTX_get_ciphers((*context)->native_handle());
    for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
        const std::string version = SSL_CIPHER_get_version(sk_SSL_CIPHER_value(suites, i));
        suites_of_12 += version == "TLSv1.2" ? 1 : 0;
    }
    CHECK(suites_of_12 == 1);
    CHECK(
        std::string(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(suites, 0))) == "TLS_AES_128_GCM_SHA256"
    );
    config::TlsConfiguration strict;
    strict.min_version = config::TlsVersion::v1_3;
    const auto modern = make_server_context(leaf.certificate_pem, leaf.key_pem, strict);
    REQUIRE(modern.has_value());
    CHECK(SSL_CTX_get_min_proto_version((*modern)->native_handle()) == TLS1_3_VERSION);
}

TEST_CASE("bytes that are no fitting pair make no context", "[http][tls]") {
    const auto leaf = testing::make_test_leaf();
    const auto other = testing::make_test_leaf();
    CHECK(make_server_context("", "", {}).has_error());
    CHECK(make_server_context("garbage", leaf.key_pem, {}).has_error());
    CHECK(make_server_context(leaf.certificate_pem, "garbage", {}).has_error());
    CHECK(make_server_context(leaf.certificate_pem, other.key_pem, {}).has_error());
    config::TlsConfiguration nonsense;
    nonsense.cipher_suites = {"no-such-suite"};
    CHECK(make_server_context(leaf.certificate_pem, leaf.key_pem, nonsense).has_error());
}

}  // namespace
}  // namespace lws::http
