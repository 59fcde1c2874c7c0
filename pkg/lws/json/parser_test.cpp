// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "pkg/lws/json/document.hpp"

namespace lws::json {
namespace {

TEST_CASE("half of a surrogate pair is no text", "[json]") {
    // The offset is that of the second half; nothing where the text is right.
    const auto [text, offset] = GENERATE(values<std::pair<std::string, int>>({
        {R"("\udc00")", 1},
        {R"("\uDFFF")", 1},
        {R"("\uDcFfx")", 1},
        {R"({"a\udc00":1})", 3},
        {R"("\u0041\udc00")", 7},
        {R"("\ud83d\ude00\ude00")", 13},
        {R"("\\\udc00")", 3},
        {R"("\ud83d\ude00")", -1},
        {R"("\uD83D\uDE00\uD83D\uDE00")", -1},
        {R"("\\udc00")", -1},
        {R"("\ud7ff\ue000")", -1},
        {R"("udc00")", -1},
        {R"("\"")", -1},
    }));
    CAPTURE(text);
    const auto document = parse(text);
    CHECK(document.has_value() == (offset < 0));
    if (offset >= 0) {
        CHECK(
            document.error().message ==
            "Half of a surrogate pair. At byte offset " + std::to_string(offset) + "."
        );
    }
}

TEST_CASE("a first half of a surrogate pair alone is an error", "[json]") {
    for (const std::string text :
         {R"("\ud800")", R"("\ud800x")", R"("\ud800\u0041")", R"("\ud800\ud800")", R"("\ud800\\")"
         }) {
        CHECK_FALSE(parse(text).has_value());
    }
}

TEST_CASE("an escape that the text ends in is looked at within the text", "[json]") {
    for (const std::string text : {R"("\)", R"("\u)", R"("\ud)", R"("\udc)", R"("\udc0)"}) {
        CHECK_FALSE(parse(text).has_value());
    }
}

TEST_CASE("exponents at the ends of 64 bits are read, and overflow nothing", "[json][parser]") {
    CHECK(json::parse("[11e9223372036854775807]").has_error());
    CHECK(json::parse("[11e-9223372036854775808]").has_value());
    CHECK(json::parse("[0.01e-9223372036854775808]").has_value());
    CHECK(json::parse("[0e9223372036854775807]").has_value());
}

}  // namespace
}  // namespace lws::json
