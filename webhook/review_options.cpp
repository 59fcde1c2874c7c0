// SPDX-License-Identifier: Apache-2.0
#include "webhook/review_options.hpp"

namespace lws::webhook {

ReviewOptions review_options(const config::Options& options) {
    ReviewOptions result;
    if (options.configuration.scheduler_provider == "volcano") {
        result.pods.gang_scheduling = rules::GangScheduling::volcano;
    }
    if (options.extra.webhook.long_names == config::LongNames::warn) {
        result.sets.name_rule = api::ValidationOptions::NameRule::warn;
    }
    return result;
}

}  // namespace lws::webhook
