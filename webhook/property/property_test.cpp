// SPDX-License-Identifier: Apache-2.0
// A short run of the property program, and tests of its own parts.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "webhook/property/run.hpp"

namespace lws::webhook::property {

TEST_CASE("properties hold for generated reviews", "[webhook][property]") {
    const auto totals = run_cases(20261125, 0, 1'200);
    if (totals.failure) {
        FAIL(
            "case " << totals.failure->number << ": " << totals.failure->what << "\n"
                    << describe(totals.failure->smallest)
        );
    }
    CHECK(totals.cases == 1'200);
    CHECK(totals.accepted_sets > 100);
    CHECK(totals.their_pods > totals.accepted_sets);
    // Which rules a thousand times as many cases meet is the business of `make property`.
    std::size_t met = 0;
    for (const auto& [rule, count] : totals.by_rule) {
        met += count > 0 ? 1 : 0;
    }
    CHECK(met > totals.by_rule.size() * 9 / 10);
}

TEST_CASE("a case is the same whenever it is made", "[webhook][property]") {
    for (const std::uint64_t number : {0U, 7U, 4711U}) {
        const auto one = make_case(1, number);
        const auto other = make_case(1, number);
        CHECK(describe(one) == describe(other));
        CHECK(describe(one) != describe(make_case(2, number)));
        CHECK(describe(one) != describe(make_case(1, number + 1)));
    }
}

TEST_CASE("every rule of admission has a way to be recognised", "[webhook][property]") {
    std::ifstream stream(LWS_SOURCE_DIR "/docs/rules.csv");
    const std::string csv(
        (std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>()
    );
    REQUIRE_FALSE(csv.empty());
    CHECK(compare_tables(csv) == std::vector<std::string>{});
    CHECK(
        compare_tables(csv + "4,\"a \"\"new\"\" rule, not known\",a.cpp,a test\n") ==
        std::vector<std::string>{"stands in no table: a \"new\" rule, not known"}
    );
    CHECK(compare_tables("").size() > 100);
}

}  // namespace lws::webhook::property
