// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/watch_decoder.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lws;
using namespace lws::client;

namespace {

constexpr std::string_view kStream =
    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"note\":\"x\\ny\"}}}\n"
    "\r\n"
    "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"b\"}}}\n"
    "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"c\"}}}\n"
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"name\":\"d\"}}}\n"
    "{\"type\":\"ERROR\",\"object\":{\"metadata\":{\"name\":\"e\"}}}\n";

std::vector<std::string> read_all(WatchDecoder& decoder) {
    std::vector<std::string> names;
    while (true) {
        const auto event = decoder.next();
        REQUIRE(event.has_value());
        if (!*event) return names;
        names.emplace_back((*event)->object()["metadata"]["name"].string_or("?"));
        names.back() += std::to_string(static_cast<int>((*event)->type));
    }
}

}  // namespace

TEST_CASE("a watch stream cut anywhere gives the same events", "[client][watch_decoder]") {
    const std::vector<std::string> expected{"a0", "b1", "c2", "d3", "e4"};
    for (std::size_t chunk = 1; chunk <= kStream.size(); ++chunk) {
        WatchDecoder decoder;
        std::vector<std::string> names;
        for (std::size_t at = 0; at < kStream.size(); at += chunk) {
            decoder.feed(kStream.substr(at, chunk));
            for (auto& name : read_all(decoder)) names.push_back(name);
        }
        REQUIRE(names == expected);
        REQUIRE_FALSE(decoder.mid_event());
    }
}

TEST_CASE("an unfinished event is noticed", "[client][watch_decoder]") {
    WatchDecoder decoder;
    decoder.feed(R"({"type":"ADDED","obj)");
    const auto event = decoder.next();
    REQUIRE(event.has_value());
    CHECK_FALSE(event->has_value());
    CHECK(decoder.mid_event());
}

TEST_CASE("what is no watch event is an error and no crash", "[client][watch_decoder]") {
    const std::string line = GENERATE(
        as<std::string>{},
        "garbage",
        "{",
        "[]",
        "null",
        "7",
        R"({"type":"ADDED"})",
        R"({"type":"ADDED","object":7})",
        R"({"type":"added","object":{}})",
        R"({"type":5,"object":{}})",
        R"({"object":{}})",
        "\x80\xFF",
        R"({"type":"ADDED","object":{}} {})"
    );
    DYNAMIC_SECTION(line) {
        WatchDecoder decoder;
        decoder.feed(line + "\n");
        const auto event = decoder.next();
        REQUIRE(event.has_error());
        CHECK(event.error().code == ErrorCode::invalid_input);
        CHECK_THAT(event.error().message, Catch::StartsWith("watch event: "));
    }
}

TEST_CASE(
    "an event over the limit is refused before and after its end", "[client][watch_decoder]"
) {
    const bool ended = GENERATE(true, false);
    DYNAMIC_SECTION((ended ? "ended" : "endless")) {
        WatchDecoder decoder(100);
        decoder.feed(std::string(101, 'x') + (ended ? "\n" : ""));
        const auto event = decoder.next();
        REQUIRE(event.has_error());
        CHECK(event.error().code == ErrorCode::too_large);
    }
}

TEST_CASE("many small events together may be over the limit of one", "[client][watch_decoder]") {
    WatchDecoder decoder(100);
    std::string stream;
    for (int i = 0; i < 50; ++i) stream += "{\"type\":\"ADDED\",\"object\":{}}\n";
    decoder.feed(stream);
    CHECK(read_all(decoder).size() == 50);
}
