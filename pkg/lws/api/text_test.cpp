// SPDX-License-Identifier: Apache-2.0
// How Go prints texts and scales int-or-string.
#include <catch2/catch.hpp>

#include "pkg/lws/api/go_text.hpp"
#include "pkg/lws/api/int_or_string.hpp"
#include "pkg/lws/api/name_syntax.hpp"

namespace lws::api {
namespace {

TEST_CASE("a text is quoted as %q does it", "[api][text]") {
    struct Case {
        std::string text;
        std::string quoted;
    };
    const Case c = GENERATE(values<Case>({
        {"", R"("")"},
        {"a'b c~", R"("a'b c~")"},
        {"\"\\", R"("\"\\")"},
        {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
        {std::string("\0\x01\x1f\x7f", 4), R"("\x00\x01\x1f\x7f")"},
        {"<&>", "\"<&>\""},
        {"\u00e9\u4e16\U0001f600", "\"\u00e9\u4e16\U0001f600\""},
        {"\u00a0\u00ad\u0080", R"("\u00a0\u00ad\u0080")"},
        {"\u200b\u2028\ufeff", R"("\u200b\u2028\ufeff")"},
        {"\U000e0001\U0010ffff", R"("\U000e0001\U0010ffff")"},
        {"\ufffd", "\"\ufffd\""},
        {"\xff\xc3(\xe2\x82", R"("\xff\xc3(\xe2\x82")"},
        {"\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80", R"("\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80")"},
    }));
    DYNAMIC_SECTION(c.quoted) {
        CHECK(go_quote(c.text) == c.quoted);
        Arena arena;
        CHECK(go_quote(c.text, arena) == c.quoted);
    }
}

TEST_CASE("a text is JSON as encoding/json writes it", "[api][text]") {
    Arena arena;
    CHECK(go_json_string("<50%>&\"\\", arena) == R"("\u003c50%\u003e\u0026\"\\")");
    CHECK(go_json_string("\b\f\n\r\t\x01\x7f", arena) == "\"\\b\\f\\n\\r\\t\\u0001\x7f\"");
    CHECK(go_json_string("\u2028\u2029\u00e9\u200b", arena) == "\"\\u2028\\u2029\u00e9\u200b\"");
    CHECK(go_json_string("\xff", arena) == "\"\\ufffd\"");
}

TEST_CASE("an int or string is scaled as Kubernetes does it", "[api][text]") {
    const auto scaled = [](const std::string& text, std::int64_t total, Rounding rounding) {
        return IntOrString(text).scaled(total, rounding);
    };
    CHECK(IntOrString(7).scaled(3, Rounding::down) == 7);
    CHECK(IntOrString(-7).scaled(3, Rounding::up) == -7);
    CHECK(scaled("30%", 10, Rounding::down) == 3);
    CHECK(scaled("25%", 10, Rounding::down) == 2);
    CHECK(scaled("25%", 10, Rounding::up) == 3);
    CHECK(scaled("+25%", 4, Rounding::up) == 1);
    CHECK(scaled("-5%", 10, Rounding::down) == -1);
    CHECK(scaled("150%", 2, Rounding::up) == 3);
    CHECK(scaled("9223372036854775807%", 1'000'000, Rounding::up) > 1'000'000'000'000);
    for (const std::string text :
         {"",
          "%",
          "5",
          "x%",
          "+-5%",
          "--5%",
          "5%%",
          " 5%",
          "5.0%",
          "1_0%",
          "0x5%",
          "9223372036854775808%"}) {
        INFO(text);
        CHECK_FALSE(scaled(text, 10, Rounding::down).has_value());
    }
}

TEST_CASE("a valid percent is digits and a percent sign", "[api][text]") {
    CHECK(is_valid_percent("0%"));
    CHECK(is_valid_percent("0123456789%"));
    for (const std::string text : {"", "%", "5", "+5%", "5%\n", "5%%", "\u0665%"}) {
        INFO(text);
        CHECK_FALSE(is_valid_percent(text));
    }
}

TEST_CASE("a long prefix and a long key are told by their part", "[api][text]") {
    Arena arena;
    const auto long_key = std::string(254, 'a') + "/" + std::string(64, 'a');
    CHECK(
        label_key_problems(long_key, arena) ==
        Problems{
            "prefix part must be no more than 253 bytes", "name part must be no more than 63 bytes"
        }
    );
    CHECK(label_key_problems(std::string(253, 'a') + "/" + std::string(63, 'a'), arena).empty());
    CHECK(dns1123_label_problems("0-9", arena).empty());
    CHECK(dns1035_label_problems("", arena).size() == 1);
}

}  // namespace
}  // namespace lws::api
