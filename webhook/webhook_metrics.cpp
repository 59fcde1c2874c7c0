// SPDX-License-Identifier: Apache-2.0
#include "webhook/webhook_metrics.hpp"

namespace lws::webhook {

WebhookMetrics::WebhookMetrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      requests_(&prometheus::BuildCounter()
                     .Name("controller_runtime_webhook_requests_total")
                     .Help("Reviews answered, by path and HTTP status.")
                     .Register(*registry_)),
      denied_(&prometheus::BuildCounter()
                   .Name("lws_webhook_denied_total")
                   .Help("Reviews whose answer was not to allow, by path.")
                   .Register(*registry_)),
      latency_(&prometheus::BuildHistogram()
                    .Name("controller_runtime_webhook_latency_seconds")
                    .Help("Time to decide one review, by path.")
                    .Register(*registry_)),
      in_flight_(&prometheus::BuildGauge()
                      .Name("controller_runtime_webhook_requests_in_flight")
                      .Help("Reviews being decided, by path.")
                      .Register(*registry_)),
      certificate_expiry_(&prometheus::BuildGauge()
                               .Name("lws_certificate_expiry_timestamp_seconds")
                               .Help("End of the serving certificate, seconds since 1970.")
                               .Register(*registry_)
                               .Add({{"certificate", "serving"}})) {}

WebhookMetrics::Path WebhookMetrics::path(const std::string& webhook) {
    // From 25 microseconds, because most reviews take less than the first bucket of the usual ones.
    static const prometheus::Histogram::BucketBoundaries seconds{
        0.000025,
        0.00005,
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
        10
    };
    return {
        &requests_->Add({{"webhook", webhook}, {"code", "200"}}),
        &requests_->Add({{"webhook", webhook}, {"code", "500"}}),
        &denied_->Add({{"webhook", webhook}}),
        &latency_->Add({{"webhook", webhook}}, seconds),
        &in_flight_->Add({{"webhook", webhook}}),
    };
}

}  // namespace lws::webhook
