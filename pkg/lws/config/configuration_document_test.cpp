// SPDX-License-Identifier: Apache-2.0
// What docs/configuration.md shows as defaults are the defaults. That it names every field is
// checked by docs/check_configuration.py.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "pkg/lws/config/configuration.hpp"
#include "pkg/lws/config/extra_configuration.hpp"

namespace lws::config {
namespace {

// The block of YAML after a heading.
std::string example(const std::string& heading) {
    std::ifstream file(LWS_SOURCE_DIR "/docs/configuration.md");
    std::stringstream text;
    text << file.rdbuf();
    const std::string document = text.str();
    const std::string fence = "```yaml\n";
    const auto begin = document.find(fence, document.find("## `" + heading + "`"));
    REQUIRE(begin != std::string::npos);
    const auto end = document.find("```", begin + fence.size());
    REQUIRE(end != std::string::npos);
    return document.substr(begin + fence.size(), end - begin - fence.size());
}

std::size_t fields(const std::string& yaml) {
    return static_cast<std::size_t>(std::count(yaml.begin(), yaml.end(), ':'));
}

TEST_CASE("the documented defaults are the defaults", "[config][document]") {
    const std::string yaml = example("--config");
    CHECK(fields(yaml) > 20);
    const auto configuration = parse_configuration(yaml);
    REQUIRE(configuration.has_value());
    CHECK((*configuration == Configuration{}));

    const std::string extra_yaml = example("--extra-config");
    CHECK(fields(extra_yaml) > 10);
    const auto extra = parse_extra_configuration(extra_yaml);
    REQUIRE(extra.has_value());
    CHECK((*extra == ExtraConfiguration{}));
}

}  // namespace
}  // namespace lws::config
