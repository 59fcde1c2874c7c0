// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/json/writer.hpp"

namespace lws::json {
namespace {

Document parsed(std::string text) {
    auto document = parse(std::move(text));
    REQUIRE(document.has_value());
    return std::move(*document);
}

TEST_CASE("a missing member propagates through any chain of look-ups", "[json]") {
    const auto document = parsed(R"({"a":{"b":[1,"x"]}})");
    const View root = document.root();
    CHECK(root["a"]["b"].at(1).string() == "x");
    CHECK_FALSE(root["a"]["nope"]["c"].at(3)["d"].exists());
    CHECK(root["a"]["nope"].type_name() == "nothing");
    CHECK(root["a"]["b"].at(0)["not an object"].size() == 0);
}

TEST_CASE("of duplicate keys the last wins", "[json]") {
    const auto document = parsed(R"({"a":1,"b":2,"a":3})");
    CHECK(document.root()["a"].int64() == 3);
}

TEST_CASE("numbers are integers only when written as such and in range", "[json]") {
    const auto document =
        parsed(R"([1, 1.0, -5, 9223372036854775807, 18446744073709551615, 1e30])");
    const View root = document.root();
    CHECK(root.at(0).int64() == 1);
    CHECK_FALSE(root.at(1).int64().has_value());
    CHECK(root.at(2).int64() == -5);
    CHECK(root.at(3).int64() == INT64_MAX);
    CHECK_FALSE(root.at(4).int64().has_value());
    CHECK(root.at(4).uint64() == UINT64_MAX);
    CHECK(root.at(5).number() == 1e30);
}

TEST_CASE("a number of any form is read exactly or refused", "[json]") {
    struct Case {
        std::string text;
        double value;
    };
    const auto c = GENERATE(values<Case>({
        {"0e300", 0.0},
        {"0.000e-200", 0.0},
        {"-0e99", 0.0},
        {"1e-400", 0.0},
        {"5e-324", 5e-324},
        {"0.1", 0.1},
        {"9007199254740993.0", 9007199254740992.0},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
        {"1.7976931348623157e308", 1.7976931348623157e308},
    }));
    DYNAMIC_SECTION(c.text) {
        const auto document = parse("[" + c.text + ",true]");
        REQUIRE(document.has_value());
        CHECK(document->root().at(0).number() == c.value);
        CHECK(document->root().at(1).boolean() == true);
    }
    for (const std::string text : {"1.9e308", "-1.9e308", "1e309"}) {
        const auto document = parse("[" + text + "]");
        REQUIRE(document.has_error());
        CHECK(document.error().message.starts_with("Number too big to be stored in double."));
        CHECK(document.error().code == ErrorCode::invalid_input);
    }
}

TEST_CASE("members and items iterate in the order of the text", "[json]") {
    const auto document = parsed(R"({"z":1,"a":[true,null]})");
    std::string order;
    for (const auto& [key, value] : document.root().members()) {
        order += std::string(key) + ":" + std::string(value.type_name()) + " ";
    }
    for (const View item : document.root()["a"].items()) {
        order += std::string(item.type_name()) + " ";
    }
    CHECK(order == "z:number a:array bool null ");
    CHECK(View().members().begin() == View().members().end());
    CHECK(View().items().begin() == View().items().end());
}

TEST_CASE("bytes that are no JSON are an error, never a crash", "[json]") {
    const auto text = GENERATE(values<std::string>(
        {"", "{", "[1,]", "nul", "{\"a\":1}x", "\xff\xfe", "\"\xc3\x28\"", "{1:2}"}
    ));
    const auto document = parse(text);
    REQUIRE(document.has_error());
    CHECK(document.error().code == ErrorCode::invalid_input);
    CHECK_FALSE(document.error().message.empty());
}

// That nothing behind the text is read shows in the fuzz targets only, whose corpus holds such
// texts: g++ at -O1 drops those reads.
TEST_CASE("a character that the end of the text cuts is refused where it begins", "[json]") {
    for (const std::string text :
         {"\"\xF0",
          "\"\xF0\x9F",
          "\"\xF0\x9F\x98",
          "\"\xE2\x82",
          "\"\xC3",
          "\"a\xF4\"",
          "\xF0",
          "\xFF"}) {
        const auto document = parse("[" + text);
        REQUIRE(document.has_error());
        CHECK(document.error().code == ErrorCode::invalid_input);
        const auto lead = text.find_first_of("\xC3\xE2\xF0\xF4\xFF") + 1;
        CHECK(
            document.error().message ==
            "Invalid encoding in string. At byte offset " + std::to_string(lead) + "."
        );
    }
    CHECK(parse("\"\xF0\x9F\x98\x80\"").has_value());
    CHECK(parse("\"\xC3\xA9\"").has_value());
}

TEST_CASE("a NUL byte cannot hide the rest of a text", "[json]") {
    const auto document = parse(std::string("{}\0{\"a\":1}", 10));
    REQUIRE(document.has_error());
    CHECK(document.error().message == "NUL byte at offset 2");
}

TEST_CASE("limits on size, depth and count end the parse", "[json]") {
    CHECK(
        parse(std::string(64, ' ') + "1", {.max_bytes = 64}).error().code == ErrorCode::too_large
    );
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(parse(nested(128)).has_value());
    const auto deep = parse(nested(129));
    REQUIRE(deep.has_error());
    CHECK(deep.error().message == "JSON text is nested deeper than 128 levels");
    CHECK(parse(std::string(3'000'000, '[')).error().code == ErrorCode::too_large);
    CHECK(parse("[1,2,3]", {.max_values = 4}).has_value());
    CHECK(parse("[1,2,3]", {.max_values = 3}).error().code == ErrorCode::too_large);
}

TEST_CASE("views stay valid when their document moves", "[json]") {
    auto first = parsed(R"({"a":"short"})");
    const View view = first.root()["a"];
    const auto second = std::move(first);
    CHECK(view.string() == "short");
    CHECK(second.root()["a"].string() == "short");
}

TEST_CASE("values are equal whatever the order of their members", "[json]") {
    const auto document = parsed(R"([{"a":1,"b":[2]},{"b":[2],"a":1},{"a":1,"b":[3]}])");
    CHECK(equal(document.root().at(0), document.root().at(1)));
    CHECK_FALSE(equal(document.root().at(0), document.root().at(2)));
    CHECK_FALSE(equal(document.root().at(0), View()));
    CHECK(equal(View(), View()));
}

TEST_CASE("the writer writes members in order and copies views verbatim", "[json]") {
    const auto document = parsed(R"({"unknown":{"x":[1,2.5,"\u00e9\n"]}})");
    std::string out;
    Writer writer(out);
    writer.begin_object()
        .member("text", "a\"b")
        .member("count", 3)
        .member("big", std::uint64_t{18446744073709551615U})
        .member("flag", true)
        .member("copy", document.root()["unknown"])
        .key("list")
        .begin_array()
        .null()
        .raw("[1]")
        .end_array()
        .end_object();
    CHECK(
        out ==
        "{\"text\":\"a\\\"b\",\"count\":3,\"big\":18446744073709551615,\"flag\":true,"
        "\"copy\":{\"x\":[1,2.5,\"\u00e9\\n\"]},\"list\":[null,[1]]}"
    );
    CHECK(quoted("<\x01>") == "\"<\\u0001>\"");
    CHECK(to_text(View()) == "null");
}

}  // namespace
}  // namespace lws::json
