// SPDX-License-Identifier: Apache-2.0
// The rollout configuration: upstream's generalValidate, ValidatePositiveIntOrPercent and
// IsNotMoreThan100Percent.
#include "pkg/lws/api/validation_rules.hpp"

namespace lws::api {
namespace {

constexpr std::string_view kMaxUnavailablePath =
    "spec.rolloutStrategy.rollingUpdateConfiguration.maxUnavailable";
constexpr std::string_view kMaxSurgePath =
    "spec.rolloutStrategy.rollingUpdateConfiguration.maxSurge";
constexpr std::string_view kPercentFormat =
    "a valid percent string must be a numeric string followed by an ending '%' "
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

void check_format(const IntOrString& value, std::string_view path, Errors& errors) {
    if (value.is_text() && !is_valid_percent(value.text())) {
        errors.push_back(invalid(path, value_text(value, errors.arena()), kPercentFormat));
    }
    if (!value.is_text() && value.number() < 0) {
        errors.push_back(invalid(path, value_text(value, errors.arena()), kNotNegative));
    }
}

void check_hundred_percent(const IntOrString& value, std::string_view path, Errors& errors) {
    if (!value.is_text() || !is_valid_percent(value.text())) {
        return;
    }
    // Digits beyond int64 are over 100 as well.
    const auto percent = percent_value(value.text());
    if (!percent || *percent > 100) {
        errors.push_back(
            invalid(path, value_text(value, errors.arena()), "must not be greater than 100%")
        );
    }
}

void check_scalable(const IntOrString& value, std::string_view path, Errors& errors) {
    if (!value.scaled(0, Rounding::down)) {
        errors.push_back(invalid(path, value_text(value, errors.arena()), "invalid value"));
    }
}

void max_unavailable_format(const Subject& subject, Errors& errors) {
    check_format(subject.max_unavailable, kMaxUnavailablePath, errors);
}

void max_unavailable_hundred_percent(const Subject& subject, Errors& errors) {
    check_hundred_percent(subject.max_unavailable, kMaxUnavailablePath, errors);
}

void max_unavailable_scalable(const Subject& subject, Errors& errors) {
    check_scalable(subject.max_unavailable, kMaxUnavailablePath, errors);
}

void max_surge_format(const Subject& subject, Errors& errors) {
    check_format(subject.max_surge, kMaxSurgePath, errors);
}

void max_surge_hundred_percent(const Subject& subject, Errors& errors) {
    check_hundred_percent(subject.max_surge, kMaxSurgePath, errors);
}

void max_surge_scalable(const Subject& subject, Errors& errors) {
    check_scalable(subject.max_surge, kMaxSurgePath, errors);
}

void partition_not_negative(const Subject& subject, Errors& errors) {
    if (subject.partition < 0) {
        errors.push_back(invalid(
            "spec.rolloutStrategy.rollingUpdateConfiguration.partition",
            number_text(subject.partition, errors.arena()),
            kNotNegative
        ));
    }
}

void not_both_zero(const Subject& subject, Errors& errors) {
    const auto unavailable = subject.max_unavailable.scaled(subject.replicas, Rounding::down);
    const auto surge = subject.max_surge.scaled(subject.replicas, Rounding::up);
    if (unavailable.value_or(0) == 0 && surge.value_or(0) == 0 && subject.replicas != 0) {
        errors.push_back(invalid(
            kMaxUnavailablePath,
            value_text(subject.max_unavailable, errors.arena()),
            "must not be 0 when `maxSurge` is 0"
        ));
    }
}

bool same_max_unavailable(const Subject& before, const Subject& after) {
    return after.max_unavailable == before.max_unavailable;
}

bool same_max_surge(const Subject& before, const Subject& after) {
    return after.max_surge == before.max_surge;
}

bool same_partition(const Subject& before, const Subject& after) {
    return after.partition == before.partition;
}

// Replicas is an input too, but a set that broke the rule before must stay scalable.
bool same_budget(const Subject& before, const Subject& after) {
    return same_max_unavailable(before, after) && same_max_surge(before, after);
}

constexpr Rule kRules[] = {
    {max_unavailable_format, same_max_unavailable},
    {max_unavailable_hundred_percent, same_max_unavailable},
    {max_surge_format, same_max_surge},
    {max_surge_hundred_percent, same_max_surge},
    {partition_not_negative, same_partition},
    {max_unavailable_scalable, same_max_unavailable},
    {max_surge_scalable, same_max_surge},
    {not_both_zero, same_budget},
};

}  // namespace

std::span<const Rule> rollout_rules() {
    return kRules;
}

}  // namespace lws::api
