// SPDX-License-Identifier: Apache-2.0
#include "webhook/review_options.hpp"

#include <catch2/catch.hpp>

namespace lws::webhook {
namespace {

using NameRule = api::ValidationOptions::NameRule;

config::Options configured(std::string_view shared, std::string_view extra) {
    config::Options options;
    options.configuration = config::parse_configuration(shared).value();
    options.extra = config::parse_extra_configuration(extra).value();
    return options;
}

constexpr std::string_view kShared =
    "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: Configuration\n";
constexpr std::string_view kExtra =
    "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: ExtraConfiguration\n";

TEST_CASE("gang scheduling is on when the configuration names its scheduler", "[webhook][review]") {
    CHECK(review_options({}).pods.gang_scheduling == rules::GangScheduling::off);
    CHECK(
        review_options(configured(kShared, kExtra)).pods.gang_scheduling ==
        rules::GangScheduling::off
    );
    const std::string volcano = "gangSchedulingManagement:\n  schedulerProvider: volcano\n";
    CHECK(
        review_options(configured(std::string(kShared) + volcano, kExtra)).pods.gang_scheduling ==
        rules::GangScheduling::volcano
    );
}

TEST_CASE("long names are denied unless the configuration says Warn", "[webhook][review]") {
    const auto rule = [](const std::string& webhook) {
        return review_options(configured(kShared, std::string(kExtra) + webhook)).sets.name_rule;
    };
    CHECK(rule("") == NameRule::deny);
    CHECK(rule("webhook:\n  longNames: Deny\n") == NameRule::deny);
    CHECK(rule("webhook:\n  longNames: Warn\n") == NameRule::warn);
}

}  // namespace
}  // namespace lws::webhook
