// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkg/lws/http/router.hpp"
#include "pkg/lws/support/log.hpp"
#include "webhook/review_codec.hpp"
#include "webhook/webhook_metrics.hpp"

namespace lws::webhook {

// POST of the four review paths. The decision is in the body; the HTTP status is 200 unless memory
// runs out. `metrics` must outlive the router.
void add_review_routes(
    http::Router& router,
    const ReviewOptions& options,
    WebhookMetrics& metrics,
    const Logger& logger
);

}  // namespace lws::webhook
