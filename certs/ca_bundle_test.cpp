// SPDX-License-Identifier: Apache-2.0
#include "certs/ca_bundle.hpp"

#include <catch2/catch.hpp>

#include "certs/certificate_secret.hpp"
#include "pkg/lws/json/document.hpp"

namespace lws::certs {
namespace {

std::optional<std::string> plan(const std::string& configuration, std::string_view bundle) {
    return plan_ca_bundle(json::parse(configuration)->root(), bundle);
}

TEST_CASE("the bundle goes into every webhook that does not hold it", "[certs]") {
    const std::string held = encode_base64("bundle");
    const auto patch = plan(
        R"({"metadata":{"resourceVersion":"12"},"webhooks":[
            {"name":"a","clientConfig":{"service":{}}},
            {"name":"b","clientConfig":{"url":"https://x","caBundle":")" +
            held + R"("}},
            {"name":"c","clientConfig":{"service":{},"caBundle":"b2xk"}}]})",
        "bundle"
    );
    REQUIRE(patch.has_value());
    const auto expected = json::parse(
        R"([{"op":"replace","path":"/metadata/resourceVersion","value":"12"},
            {"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":")" +
        held + R"("},
            {"op":"add","path":"/webhooks/2/clientConfig/caBundle","value":")" +
        held + R"("}])"
    );
    CHECK(json::equal(json::parse(*patch)->root(), expected->root()));
}

TEST_CASE("nothing is written when every webhook holds the bundle or there is none", "[certs]") {
    const std::string held = encode_base64("bundle");
    const auto configuration = GENERATE_COPY(values<std::string>(
        {R"({"webhooks":[{"clientConfig":{"caBundle":")" + held + R"("}}]})",
         R"({"webhooks":[]})",
         R"({"webhooks":null})",
         "{}",
         "[]",
         R"({"webhooks":[{},null,7,{"clientConfig":null}]})"}
    ));
    DYNAMIC_SECTION(configuration) {
        CHECK_FALSE(plan(configuration, "bundle").has_value());
    }
}

}  // namespace
}  // namespace lws::certs
