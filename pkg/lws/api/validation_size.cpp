// SPDX-License-Identifier: Apache-2.0
// Replicas, size and their product: upstream's generalValidate.
#include <limits>

#include "pkg/lws/api/validation_rules.hpp"

namespace lws::api {
namespace {

constexpr std::string_view kReplicasPath = "spec.replicas";
constexpr std::int32_t kMaxReplicas = 1'000'000;

std::int64_t pods(const Subject& subject) {
    return std::int64_t{subject.replicas} * std::int64_t{subject.size};
}

void replicas_not_negative(const Subject& subject, Errors& errors) {
    if (subject.replicas < 0) {
        errors.push_back(invalid(
            kReplicasPath,
            number_text(subject.replicas, errors.arena()),
            "replicas must be equal or greater than 0"
        ));
    }
}

void replicas_bounded(const Subject& subject, Errors& errors) {
    if (subject.replicas > kMaxReplicas) {
        errors.push_back(invalid(
            kReplicasPath,
            number_text(subject.replicas, errors.arena()),
            "replicas must be equal or less than 1000000"
        ));
    }
}

void size_at_least_one(const Subject& subject, Errors& errors) {
    if (subject.size < 1) {
        errors.push_back(invalid(
            "spec.leaderWorkerTemplate.size",
            number_text(subject.size, errors.arena()),
            "size must be equal or greater than 1"
        ));
    }
}

void product_bounded(const Subject& subject, Errors& errors) {
    if (pods(subject) > std::numeric_limits<std::int32_t>::max()) {
        errors.push_back(invalid(
            kReplicasPath,
            number_text(subject.replicas, errors.arena()),
            "the product of replicas and worker replicas must not exceed 2147483647"
        ));
    }
}

bool replicas_not_lower(const Subject& before, const Subject& after) {
    return after.replicas >= before.replicas;
}

bool replicas_not_higher(const Subject& before, const Subject& after) {
    return after.replicas <= before.replicas;
}

bool same_size(const Subject& before, const Subject& after) {
    return after.size == before.size;
}

// Draining lowers the product step by step.
bool not_more_pods(const Subject& before, const Subject& after) {
    return pods(after) <= pods(before);
}

constexpr Rule kRules[] = {
    {replicas_not_negative, replicas_not_lower},
    {replicas_bounded, replicas_not_higher},
    {size_at_least_one, same_size},
    {product_bounded, not_more_pods},
};

}  // namespace

std::span<const Rule> size_rules() {
    return kRules;
}

}  // namespace lws::api
