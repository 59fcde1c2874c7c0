// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/support/log.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "pkg/lws/json/document.hpp"

namespace lws {
namespace {

TEST_CASE("a JSON log line stays one line and one object whatever the message holds", "[log]") {
    std::ostringstream out;
    spdlog::logger logger("webhook", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
    logger.set_formatter(make_json_formatter());
    logger.info("pod {} said \"no\"\n", "a-0");
    const std::string line = out.str();
    CHECK(line.find('\n') == line.size() - 1);
    const auto document = json::parse(line);
    REQUIRE(document.has_value());
    const auto root = document->root();
    CHECK(root["level"].string() == "info");
    CHECK(root["logger"].string() == "webhook");
    CHECK(root["msg"].string() == "pod a-0 said \"no\"\n");
    CHECK(root["ts"].string_or("").size() == std::string_view("2026-01-01T00:00:00.000Z").size());
}

}  // namespace
}  // namespace lws
