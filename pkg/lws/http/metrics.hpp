// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "pkg/lws/http/router.hpp"

namespace lws::http {

// The process's own series, by the names of Prometheus' client libraries:
// process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes,
// process_open_fds, process_max_fds, process_start_time_seconds; and
// lws_build_info{version,commit} 1.
class ProcessMetrics final : public prometheus::Collectable {
public:
    ProcessMetrics();
    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

private:
    double start_time_seconds_ = 0;
};

// GET /metrics in the text format, of every collectable in that order. They must outlive the
// router.
void add_metrics_route(
    Router& router, std::vector<std::shared_ptr<prometheus::Collectable>> collectables
);

}  // namespace lws::http
