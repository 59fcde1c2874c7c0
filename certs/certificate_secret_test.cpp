// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate_secret.hpp"

#include <catch2/catch.hpp>

#include "pkg/lws/json/document.hpp"

namespace lws::certs {
namespace {

CertificateData some_data() {
    CertificateData data;
    data.ca_certificate = "ca certificate";
    data.ca_key = "ca key";
    data.certificate = "certificate";
    data.key = "key";
    return data;
}

TEST_CASE("base64 reads what it wrote, whatever the length", "[certs]") {
    std::string bytes;
    for (int size = 0; size < 300; ++size) {
        const auto decoded = decode_base64(encode_base64(bytes));
        REQUIRE(decoded.has_value());
        REQUIRE(*decoded == bytes);
        bytes.push_back(static_cast<char>(size));
    }
    CHECK(encode_base64("any carnal pleas") == "YW55IGNhcm5hbCBwbGVhcw==");
}

TEST_CASE("what is not base64 is refused", "[certs]") {
    const auto text = GENERATE(
        values<std::string>({"a", "ab=", "a===", "====", "YW5 ", "\nYW55", "YW5\xff", "=YW5"})
    );
    DYNAMIC_SECTION('"' << text << '"') {
        const auto decoded = decode_base64(text);
        CHECK(decoded.has_error());
    }
}

TEST_CASE("a new Secret holds the four keys of the peer", "[certs]") {
    const auto document =
        json::parse(make_secret("lws-system", "lws-webhook-server-cert", some_data()));
    REQUIRE(document.has_value());
    const auto root = document->root();
    CHECK(root["apiVersion"].string() == "v1");
    CHECK(root["kind"].string() == "Secret");
    CHECK(root["metadata"]["name"].string() == "lws-webhook-server-cert");
    CHECK(root["metadata"]["namespace"].string() == "lws-system");
    CHECK(root["data"].size() == 4);
    CHECK(root["data"]["tls.key"].string() == "a2V5");
    CHECK(read_secret(root) == some_data());
}

TEST_CASE("a Secret that the peer's manifests leave empty reads as empty", "[certs]") {
    const auto text = GENERATE(values<std::string>(
        {R"({"kind":"Secret"})",
         R"({"data":null})",
         R"({"data":{}})",
         R"({"data":[]})",
         "[]",
         "null",
         R"({"data":{"ca.crt":7,"ca.key":"!","tls.crt":null,"tls.key":""}})"}
    ));
    DYNAMIC_SECTION(text) {
        CHECK(read_secret(json::parse(text)->root()) == CertificateData{});
    }
}

TEST_CASE("a Secret is written back as it was read but for our keys", "[certs]") {
    const auto before = json::parse(R"({"apiVersion":"v1","kind":"Secret","type":"Opaque",
        "metadata":{"name":"n","namespace":"s","uid":"u","resourceVersion":"7",
                    "labels":{"control-plane":"x"},"managedFields":[{"manager":"peer"}]},
        "data":{"ca.crt":"b2xk","other":"b3RoZXI="},"immutable":false})");
    REQUIRE(before.has_value());
    const auto after = json::parse(replace_secret_data(before->root(), some_data()));
    REQUIRE(after.has_value());
    const auto expected = json::parse(R"({"apiVersion":"v1","kind":"Secret","type":"Opaque",
        "metadata":{"name":"n","namespace":"s","uid":"u","resourceVersion":"7",
                    "labels":{"control-plane":"x"}},
        "data":{"ca.crt":"Y2EgY2VydGlmaWNhdGU=","ca.key":"Y2Ega2V5","tls.crt":"Y2VydGlmaWNhdGU=",
                "tls.key":"a2V5","other":"b3RoZXI="},"immutable":false})");
    CHECK(json::equal(after->root(), expected->root()));
}

}  // namespace
}  // namespace lws::certs
