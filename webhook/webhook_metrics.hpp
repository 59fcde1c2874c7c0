// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

namespace lws::webhook {

// The series of controller-runtime's webhook server (pkg/webhook/internal/metrics), by its names,
// and ours. All exist at zero. Any thread.
class WebhookMetrics {
public:
    WebhookMetrics();

    // Of one path, made before the server starts.
    struct Path {
        prometheus::Counter* answered;  // code 200
        prometheus::Counter* failed;    // code 500
        prometheus::Counter* denied;
        prometheus::Histogram* latency_seconds;
        prometheus::Gauge* in_flight;
    };
    [[nodiscard]] Path path(const std::string& webhook);

    // When the serving certificate ends, seconds since 1970; 0 while there is none.
    [[nodiscard]] prometheus::Gauge& certificate_expiry() { return *certificate_expiry_; }

    [[nodiscard]] const std::shared_ptr<prometheus::Registry>& registry() const {
        return registry_;
    }

private:
    std::shared_ptr<prometheus::Registry> registry_;
    prometheus::Family<prometheus::Counter>* requests_;
    prometheus::Family<prometheus::Counter>* denied_;
    prometheus::Family<prometheus::Histogram>* latency_;
    prometheus::Family<prometheus::Gauge>* in_flight_;
    prometheus::Gauge* certificate_expiry_;
};

}  // namespace lws::webhook
