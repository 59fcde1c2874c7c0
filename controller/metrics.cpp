// SPDX-License-Identifier: Apache-2.0
#include "controller/metrics.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <utility>
#include <vector>

namespace lws::controller {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

// controller-runtime's buckets, so that its dashboards' quantiles keep their meaning
// (pkg/internal/controller/metrics/metrics.go).
const prometheus::Histogram::BucketBoundaries& pass_buckets() {
    static const prometheus::Histogram::BucketBoundaries buckets{
        0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
        0.7,   0.8,  0.9,   1.0,  1.25, 1.5,  1.75, 2.0,  2.5, 3.0,  3.5, 4.0,  4.5, 5,
        6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60
    };
    return buckets;
}

ClientMetric gauge(double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    return metric;
}

MetricFamily gauge_family(std::string name, std::string help, std::vector<ClientMetric> metrics) {
    MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = prometheus::MetricType::Gauge;
    family.metric = std::move(metrics);
    return family;
}

class SizeMetrics final : public prometheus::Collectable {
public:
    SizeMetrics(std::string lease_name, ControllerMetrics::ReadSizes read)
        : lease_name_(std::move(lease_name)), read_(std::move(read)) {}

    [[nodiscard]] std::vector<MetricFamily> Collect() const override {
        const ControllerMetrics::Sizes sizes = read_();
        const auto number = [](std::size_t n) { return static_cast<double>(n); };
        const auto of_kind = [&](const char* kind, std::size_t n) {
            return gauge(number(n), {{"kind", kind}});
        };
        std::vector<MetricFamily> out;
        out.push_back(gauge_family(
            "lws_store_objects",
            "Objects that the controller keeps in memory, by kind.",
            {of_kind("LeaderWorkerSet", sizes.sets),
             of_kind("Pod", sizes.pods),
             of_kind("StatefulSet", sizes.stateful_sets),
             of_kind("Service", sizes.services),
             of_kind("ControllerRevision", sizes.revisions)}
        ));
        out.push_back(gauge_family(
            "workqueue_depth",
            "Current depth of the work queue.",
            {gauge(number(sizes.queue_depth), {{"name", "leaderworkerset"}})}
        ));
        out.push_back(gauge_family(
            "lws_active_passes", "Passes in progress.", {gauge(number(sizes.active_passes))}
        ));
        out.push_back(gauge_family(
            "lws_events_waiting", "Events not sent yet.", {gauge(number(sizes.events_waiting))}
        ));
        add_groups(out, sizes);
        out.push_back(gauge_family(
            "leader_election_master_status",
            "1 if this process holds the lease, else 0.",
            {gauge(sizes.leads ? 1 : 0, {{"name", lease_name_}})}
        ));
        return out;
    }

private:
    static void add_groups(std::vector<MetricFamily>& out, const ControllerMetrics::Sizes& sizes) {
        const auto add = [&out](const char* name, const char* help, std::size_t value) {
            out.push_back(gauge_family(name, help, {gauge(static_cast<double>(value))}));
        };
        add("lws_unremembered_groups",
            "Groups that the annotation group-memory of their set has no room for.",
            sizes.unremembered_groups);
        add("lws_held_groups",
            "Groups that failed repeatedly and whose workers wait.",
            sizes.held_groups);
        add("lws_stuck_pods",
            "Pods that are terminating a minute after their grace period.",
            sizes.stuck_pods);
        add("lws_name_conflicts",
            "Sets and groups that an object of another owner stands in the way of.",
            sizes.name_conflicts);
        MetricFamily recreations;
        recreations.name = "lws_group_recreations_total";
        recreations.help = "Leader pods deleted to recreate their groups.";
        recreations.type = prometheus::MetricType::Counter;
        recreations.metric.emplace_back().counter.value = static_cast<double>(sizes.recreations);
        out.push_back(std::move(recreations));
    }

    std::string lease_name_;
    ControllerMetrics::ReadSizes read_;
};

}  // namespace

ControllerMetrics::PassSeries ControllerMetrics::make_pass_series(const std::string& controller) {
    auto& totals = prometheus::BuildCounter()
                       .Name("controller_runtime_reconcile_total")
                       .Help("Total number of reconciliations per controller.")
                       .Register(*registry_);
    auto& errors = prometheus::BuildCounter()
                       .Name("controller_runtime_reconcile_errors_total")
                       .Help("Total number of reconciliation errors per controller.")
                       .Register(*registry_);
    auto& seconds = prometheus::BuildHistogram()
                        .Name("controller_runtime_reconcile_time_seconds")
                        .Help("Length of time per reconciliation per controller.")
                        .Register(*registry_);
    const auto total = [&](const char* result) {
        return &totals.Add({{"controller", controller}, {"result", result}});
    };
    return {
        total("success"),
        total("error"),
        total("requeue_after"),
        &errors.Add({{"controller", controller}}),
        &seconds.Add({{"controller", controller}}, pass_buckets()),
    };
}

ControllerMetrics::ControllerMetrics(
    std::string api_server, std::string lease_name, ReadSizes read_sizes
)
    : registry_(std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge)
      ),
      sizes_(std::make_shared<SizeMetrics>(std::move(lease_name), std::move(read_sizes))),
      api_server_(std::move(api_server)),
      calls_(&prometheus::BuildCounter()
                  .Name("rest_client_requests_total")
                  .Help("Number of HTTP requests, partitioned by status code, method, and host.")
                  .Register(*registry_)),
      set_passes_(make_pass_series("leaderworkerset")),
      group_passes_(make_pass_series("pod")) {}

void ControllerMetrics::pass_ended(
    PassKind kind, PassOutcome outcome, std::chrono::nanoseconds took
) {
    const PassSeries& series = kind == PassKind::set ? set_passes_ : group_passes_;
    series.seconds->Observe(std::chrono::duration<double>(took).count());
    switch (outcome) {
        case PassOutcome::success:
            series.success->Increment();
            break;
        case PassOutcome::error:
            series.error->Increment();
            series.errors_total->Increment();
            break;
        case PassOutcome::requeue_after:
            series.requeue_after->Increment();
            break;
    }
}

void ControllerMetrics::called(const client::CallRecord& call) {
    // client-go writes `<error>` where no answer came.
    const std::string code = call.code == 0 ? "<error>" : std::to_string(call.code);
    calls_
        ->Add({
            {"code", code},
            {"host", api_server_},
            {"method", std::string(client::method_name(call.verb))},
        })
        .Increment();
}

}  // namespace lws::controller
