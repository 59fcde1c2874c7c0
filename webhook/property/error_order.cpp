// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/error_order.hpp"

#include <array>
#include <string>

namespace lws::webhook::property {
namespace {

constexpr std::array<std::string_view, 29> kOrder{
    "metadata.namespace: ",
    "metadata.generation: ",
    "metadata.labels: ",
    "metadata.annotations: ",
    "replicas must be equal or greater than 0",
    "replicas must be equal or less than 1000000",
    ": size must be equal or greater than 1",
    "the product of replicas and worker replicas",
    "a valid percent string must be",
    "rollingUpdateConfiguration.partition: ",
    "must not be 0 when `maxSurge` is 0",
    "subGroupSize must be equal or greater than 1",
    "size or size - 1 must be divisible by subGroupSize",
    "subGroupSize cannot be larger than size",
    "size-1 must be divisible by subGroupSize",
    "cannot have subgroup-exclusive-topology without",
    ": field is immutable",
    "cannot enable subGroupSize after",
    "cannot remove subGroupSize after",
    "spec.networkConfig.subdomainPolicy: ",
    "metadata.annotations.leaderworkerset.sigs.k8s.io/restart-grace-period-seconds: ",
    "metadata.annotations.leaderworkerset.sigs.k8s.io/pod-termination-policy: ",
    "characters cannot start, because their label",
    "leaderTemplate.spec.restartPolicy: ",
    "workerTemplate.spec.restartPolicy: ",
    "leaderTemplate.spec.activeDeadlineSeconds: ",
    "leaderTemplate.spec.containers: ",
    "workerTemplate.spec.containers: ",
    "spec.leaderWorkerTemplate.subGroupPolicy.subGroupPolicyType: ",
};

}  // namespace

Result<void> check_error_order(std::string_view message) {
    std::size_t last = 0;
    std::string_view last_text;
    for (const auto text : kOrder) {
        const auto at = message.find(text);
        if (at == std::string_view::npos) {
            continue;
        }
        if (at < last) {
            return Error(
                ErrorCode::internal,
                "the order of errors: `" + std::string(last_text) + "` before `" +
                    std::string(text) + "` in " + std::string(message)
            );
        }
        last = at;
        last_text = text;
    }
    return {};
}

std::size_t count_errors(std::string_view message) {
    std::size_t count = 0;
    for (const auto text : kOrder) {
        count += message.find(text) != std::string_view::npos ? 1 : 0;
    }
    return count;
}

}  // namespace lws::webhook::property
