// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/revision/go_json.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "pkg/lws/json/document.hpp"

namespace lws::rules {
namespace {

std::string go_string(std::string_view text) {
    std::string out;
    append_go_string(out, text);
    return out;
}

TEST_CASE("numbers print as Go prints a float64", "[rules][revision]") {
    struct Case {
        double number;
        std::string text;
    };
    const auto c = GENERATE(values<Case>({
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {100.0, "100"},
        {1234.5678, "1234.5678"},
        {1e-6, "0.000001"},
        {1.25e-6, "0.00000125"},
        {9.99e-7, "9.99e-7"},
        {-1e-9, "-1e-9"},
        {1e-10, "1e-10"},
        {5e-324, "5e-324"},
        {1e20, "100000000000000000000"},
        {123456789012345680000.0, "123456789012345680000"},
        {999999999999999868928.0, "999999999999999900000"},
        {1e21, "1e+21"},
        {-1.5e300, "-1.5e+300"},
        {9007199254740993.0, "9007199254740992"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
    }));
    DYNAMIC_SECTION(c.text) {
        CHECK(go_number(c.number) == c.text);
    }
}

TEST_CASE("texts escape what Go escapes and nothing else", "[rules][revision]") {
    CHECK(go_string("a<b>&c") == R"("a\u003cb\u003e\u0026c")");
    CHECK(go_string("\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA") == "\"\\u2028\\u2029\xE2\x80\xAA\"");
    CHECK(go_string("\b\f\n\r\t\x01\x1f\x7f") == "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    CHECK(go_string("\"\\/'") == R"("\"\\/'")");
    CHECK(go_string("\xE2\x80") == "\"\xE2\x80\"");
}

TEST_CASE("an untyped value has its keys sorted and the last of equal ones", "[rules][revision]") {
    const auto document = json::parse(R"({"b":{"y":1,"x":[true,false,null]},"a":1,"b":2,"B":3.0})");
    REQUIRE(document.has_value());
    std::string out;
    append_go_value(out, document->root());
    CHECK(out == R"({"B":3,"a":1,"b":2})");
}

TEST_CASE("times are printed in UTC with whole seconds", "[rules][revision]") {
    CHECK(go_time("2024-05-01T12:34:56Z") == "\"2024-05-01T12:34:56Z\"");
    CHECK(go_time("2024-05-01T12:34:56.999999999Z") == "\"2024-05-01T12:34:56Z\"");
    CHECK(go_time("2024-03-01T00:30:00+01:00") == "\"2024-02-29T23:30:00Z\"");
    CHECK(go_time("1999-12-31T23:30:00-05:30") == "\"2000-01-01T05:00:00Z\"");
    CHECK(go_time("0001-01-01T00:00:00Z") == "null");
    CHECK(go_time("0001-01-01T01:00:00+01:00") == "null");
    CHECK(go_time("0001-01-01T00:00:00.000000001Z") == "\"0001-01-01T00:00:00Z\"");
    CHECK(go_time("0001-01-01T00:00:00.0000000001Z") == "null");
}

TEST_CASE("a text that is no time is told apart", "[rules][revision]") {
    const auto* text = GENERATE(
        "",
        "2024-05-01",
        "2024-05-01T12:34:56",
        "2024-05-01 12:34:56Z",
        "2024-13-01T12:34:56Z",
        "2023-02-29T12:34:56Z",
        "2024-05-01T24:00:00Z",
        "2024-05-01T12:34:60Z",
        "2024-05-01T12:34:56.Z",
        "2024-05-01T12:34:56+1:00",
        "2024-05-01T12:34:56+25:00",
        "2024-05-01T12:34:56Zz",
        "-024-05-01T12:34:56Z",
        "+024-05-01T12:34:56Z"
    );
    DYNAMIC_SECTION("time " << text) {
        CHECK_FALSE(go_time(text).has_value());
    }
}

}  // namespace
}  // namespace lws::rules
