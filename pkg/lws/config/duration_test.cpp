// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/duration.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lws::config {
namespace {

using std::chrono::nanoseconds;

struct Good {
    std::string text;
    std::int64_t nanoseconds;
};

TEST_CASE("durations read as Go reads them", "[config][duration]") {
    const auto c = GENERATE(values<Good>({
        {"15s", 15'000'000'000},
        {"1m30s", 90'000'000'000},
        {"1.5h", 5'400'000'000'000},
        {"500ms", 500'000'000},
        {"2us", 2'000},
        {"2\xc2\xb5s", 2'000},
        {"2\xce\xbcs", 2'000},
        {"7ns", 7},
        {"0", 0},
        {"0s", 0},
        {"-2ms", -2'000'000},
        {"+1s", 1'000'000'000},
        {".5s", 500'000'000},
        {"1.s", 1'000'000'000},
        {"0.05s", 50'000'000},
        {"1.0000000000000000000000009s", 1'000'000'000},
        {"00000000000000000000005s", 5'000'000'000},
        {"9223372036854775807ns", 9'223'372'036'854'775'807},
        {"2562047h47m16.854775807s", 9'223'372'036'854'775'807},
    }));
    DYNAMIC_SECTION(c.text) {
        const auto parsed = parse_duration(c.text);
        REQUIRE(parsed.has_value());
        CHECK(parsed->count() == c.nanoseconds);
    }
}

TEST_CASE("what is no duration in Go is refused", "[config][duration]") {
    const auto text = GENERATE(values<std::string>(
        {"",
         "15",
         "s",
         ".s",
         "-",
         "1x",
         "1 s",
         " 1s",
         "1s ",
         "1,5s",
         "--1s",
         "1e3s",
         "9223372036854775808ns",
         "2562048h",
         "99999999999999999999999h",
         "1d"}
    ));
    DYNAMIC_SECTION('"' << text << '"') {
        const auto parsed = parse_duration(text);
        REQUIRE(parsed.has_error());
        CHECK(parsed.error().code == ErrorCode::invalid_input);
    }
}

}  // namespace
}  // namespace lws::config
