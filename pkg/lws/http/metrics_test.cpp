// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/metrics.hpp"

#include <prometheus/counter.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "pkg/lws/config/build_info.hpp"

namespace lws::http {
namespace {

std::string scrape(const std::vector<std::shared_ptr<prometheus::Collectable>>& collectables) {
    Router router;
    add_metrics_route(router, collectables);
    const auto match = router.find(Method::get, "/metrics");
    REQUIRE(match.route != nullptr);
    Request request;
    Response response;
    match.route->handler(request, response);
    CHECK(response.status == 200);
    CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
    return response.body;
}

double value_of(const std::string& text, const std::string& series) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind(series + ' ', 0) == 0) {
            return std::stod(line.substr(series.size() + 1));
        }
    }
    FAIL("no series " << series);
    return 0;
}

TEST_CASE("the process tells about itself in Prometheus' names", "[http][metrics]") {
    const std::string text = scrape({std::make_shared<ProcessMetrics>()});
    CHECK(value_of(text, "process_cpu_seconds_total") > 0);
    CHECK(value_of(text, "process_resident_memory_bytes") > 1'000'000);
    CHECK(
        value_of(text, "process_virtual_memory_bytes") >
        value_of(text, "process_resident_memory_bytes")
    );
    CHECK(value_of(text, "process_open_fds") >= 3);
    CHECK(value_of(text, "process_max_fds") >= value_of(text, "process_open_fds"));
    CHECK(value_of(text, "process_start_time_seconds") > 1'700'000'000);
    const std::string version(config::build_info().version);
    const std::string commit(config::build_info().commit);
    CHECK(
        value_of(text, "lws_build_info{version=\"" + version + "\",commit=\"" + commit + "\"}") == 1
    );
}

TEST_CASE("several collectables make one exposition", "[http][metrics]") {
    auto registry = std::make_shared<prometheus::Registry>();
    prometheus::BuildCounter().Name("some_total").Register(*registry).Add({}).Increment(3);
    const std::string text = scrape({std::make_shared<ProcessMetrics>(), registry});
    CHECK(value_of(text, "some_total") == 3);
    CHECK(value_of(text, "process_open_fds") > 0);
}

}  // namespace
}  // namespace lws::http
