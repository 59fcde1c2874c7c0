// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controller/controller.hpp"
#include "controller/testing/fake_api_server.hpp"
#include "controller/testing/fake_cluster.hpp"
#include "controller/testing/fake_workloads.hpp"
#include "pkg/lws/client/api_client.hpp"

namespace lws::controller::testing {

// A whole cluster in one thread: API server, workloads and the controller under test, which talks
// to it over loopback TLS. Time passes only in run_until() and settle().
class World {
public:
    World();
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // A new process: no memory of an earlier one.
    void start_controller();
    // Kills it, as SIGKILL would: requests under way are cut.
    void kill_controller();

    // Runs until `there` holds; false after `limit` of real time, with a dump in the test's output.
    [[nodiscard]] bool run_until(
        const std::function<bool()>& there, std::chrono::seconds limit = std::chrono::seconds(20)
    );
    // Runs until nobody has anything to do. True unless that takes more than 20 s.
    [[nodiscard]] bool settle();

    // Objects of namespace `ml`.
    void add_set(const std::string& name, const std::string& spec);
    [[nodiscard]] const JsonObject* set(const std::string& name = "vllm") const;
    [[nodiscard]] const JsonObject* stateful_set(const std::string& name) const;
    [[nodiscard]] const JsonObject* pod(const std::string& name) const;
    [[nodiscard]] std::string pod_uid(const std::string& name) const;
    void change_set(const std::function<void(JsonObject&)>& change);
    // The condition's status, or another member of it; empty when it is not there.
    [[nodiscard]] std::string condition(std::string_view type, std::string_view member = "status")
        const;
    [[nodiscard]] bool available() const;
    // Notes of the events with this reason, in order.
    [[nodiscard]] std::vector<std::string> notes(std::string_view reason) const;
    // Everything there is, in a few lines.
    [[nodiscard]] std::string dump() const;

    boost::asio::io_context io{1};
    FakeCluster cluster;
    FakeApiServer server{io.get_executor(), cluster};
    FakeWorkloads workloads{cluster};
    std::unique_ptr<client::ApiClient> client;
    std::unique_ptr<Controller> controller;
    std::size_t passes = 0;
    // What the controller takes for the time; objects are created at its initial value.
    k8s::Seconds now = *k8s::parse_time("2026-01-02T03:04:05Z");
    // Of the next start_controller().
    ControllerOptions controller_options;
    // Called after each round, for what must hold all the time.
    std::function<void()> watchman;

private:
    bool round();
};

// `spec` of a set as the webhook leaves it, `'` for `"`.
[[nodiscard]] std::string spec_of(
    int replicas,
    int size,
    const std::string& image = "image-1",
    const std::string& startup_policy = "LeaderCreated"
);

}  // namespace lws::controller::testing
