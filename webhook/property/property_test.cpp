// SPDX-License-Identifier: Apache-2.0
// A short run of the property program, and tests of its own parts.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "webhook/property/error_order.hpp"
#include "webhook/property/mutation_checks.hpp"
#include "webhook/property/run.hpp"
#include "webhook/property/shrink.hpp"

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

TEST_CASE("a failing case loses all that it does not need", "[webhook][property]") {
    Case c;
    c.object = R"({"a":[1,{"b":2,"bad":[3]},4],"c":{"d":null}})";
    c.old_object = "no JSON";
    const auto holds_bad = [](const Case& one) {
        return one.object.find("bad") != std::string::npos;
    };
    CHECK(shrink(c, holds_bad).object == R"({"a":[{"bad":[]}]})");
    CHECK(shrink(c, holds_bad).old_object == c.old_object);
    CHECK(shrink(c, [](const Case&) { return false; }).object == c.object);
    c.twin = "{}";
    CHECK(shrink(c, holds_bad).object == c.object);
}

TEST_CASE("only places of the webhook's own are owned", "[webhook][property]") {
    constexpr auto kSet = ReviewKind::mutate_set;
    constexpr auto kPod = ReviewKind::mutate_pod;
    CHECK(is_owned(kSet, "/spec/networkConfig/subdomainPolicy"));
    CHECK_FALSE(is_owned(kSet, "/spec/replicas"));
    CHECK_FALSE(is_owned(kSet, "/spec/leaderWorkerTemplate/workerTemplate"));
    CHECK(is_owned(kPod, "/spec/containers/0/env/-"));
    CHECK(is_owned(kPod, "/spec/initContainers/12/env/3"));
    CHECK_FALSE(is_owned(kPod, "/spec/containers/0/image"));
    CHECK_FALSE(is_owned(kPod, "/spec/containers/0/env/3/value"));
    CHECK_FALSE(is_owned(kPod, "/spec/ephemeralContainers/0/env"));
    CHECK_FALSE(is_owned(kPod, "/metadata/labels/app"));
    CHECK_FALSE(is_owned(kPod, "/metadata/labels/leaderworkerset.sigs.k8s.io~1name"));
}

TEST_CASE("errors in another order than upstream's are seen", "[webhook][property]") {
    CHECK(check_error_order("").has_value());
    CHECK(check_error_order(
              "[metadata.labels: Invalid, the product of replicas and worker replicas x]"
    )
              .has_value());
    CHECK(check_error_order("[the product of replicas and worker replicas x, metadata.labels: x]")
              .has_error());
    CHECK(count_errors("[metadata.labels: x, the product of replicas and worker replicas]") == 2);
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
