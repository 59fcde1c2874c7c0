// SPDX-License-Identifier: Apache-2.0
// Which rule of docs/rules.csv a case has met, by what was observed. Every rule of sections 3 and 4
// that a C++ test holds stands in exactly one of these tables, under its name there.
#pragma once

#include <span>
#include <string_view>

#include "webhook/property/facts.hpp"

namespace lws::webhook::property {

struct RuleCheck {
    int section;
    std::string_view rule;
    bool (*met)(const Facts&);
};

[[nodiscard]] std::span<const RuleCheck> set_rules();
[[nodiscard]] std::span<const RuleCheck> update_rules();
[[nodiscard]] std::span<const RuleCheck> review_rules();
[[nodiscard]] std::span<const RuleCheck> pod_rules();
[[nodiscard]] std::span<const RuleCheck> tpu_rules();

// Rules that no review can show.
struct RuleElsewhere {
    int section;
    std::string_view rule;
    std::string_view reason;
};
[[nodiscard]] std::span<const RuleElsewhere> rules_elsewhere();

}  // namespace lws::webhook::property
