// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "controller/queue_key.hpp"
#include "pkg/lws/client/api_client.hpp"

namespace lws::controller {

enum class PassOutcome { success, error, requeue_after };

// The series that dashboards written for controller-runtime read, with upstream's controller names
// (`leaderworkerset` for sets, `pod` for groups), and the sizes of our stores. Every series exists
// at zero from the start. One thread, the scrape's included.
class ControllerMetrics {
public:
    // What is read at scrape time instead of being counted along the way.
    struct Sizes {
        std::size_t sets = 0;
        std::size_t pods = 0;
        std::size_t stateful_sets = 0;
        std::size_t services = 0;
        std::size_t revisions = 0;
        std::size_t queue_depth = 0;
        std::size_t active_passes = 0;
        std::size_t events_waiting = 0;
        std::size_t unremembered_groups = 0;
        std::size_t held_groups = 0;
        std::size_t stuck_pods = 0;
        std::size_t name_conflicts = 0;
        std::uint64_t recreations = 0;
        bool leads = false;
    };
    using ReadSizes = std::function<Sizes()>;

    // `api_server` is the host label of rest_client_requests_total.
    ControllerMetrics(std::string api_server, std::string lease_name, ReadSizes read_sizes);

    void pass_ended(PassKind kind, PassOutcome outcome, std::chrono::nanoseconds took);
    void called(const client::CallRecord& call);

    [[nodiscard]] std::shared_ptr<prometheus::Collectable> counters() const { return registry_; }
    // The sizes; must not outlive what ReadSizes reads.
    [[nodiscard]] std::shared_ptr<prometheus::Collectable> sizes() const { return sizes_; }

private:
    struct PassSeries {
        prometheus::Counter* success;
        prometheus::Counter* error;
        prometheus::Counter* requeue_after;
        prometheus::Counter* errors_total;
        prometheus::Histogram* seconds;
    };
    [[nodiscard]] PassSeries make_pass_series(const std::string& controller);

    std::shared_ptr<prometheus::Registry> registry_;
    std::shared_ptr<prometheus::Collectable> sizes_;
    std::string api_server_;
    prometheus::Family<prometheus::Counter>* calls_;
    PassSeries set_passes_{};
    PassSeries group_passes_{};
};

}  // namespace lws::controller
