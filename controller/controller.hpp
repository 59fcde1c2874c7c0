// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controller/action_performer.hpp"
#include "controller/cluster_state.hpp"
#include "controller/event_recorder.hpp"
#include "controller/group_memories.hpp"
#include "controller/group_reconciler.hpp"
#include "controller/metrics.hpp"
#include "controller/set_reconciler.hpp"
#include "controller/work_queue_async.hpp"
#include "pkg/lws/client/api_client.hpp"
#include "pkg/lws/client/reflector.hpp"

namespace lws::controller {

struct ControllerOptions {
    std::string event_instance;
    // Passes at once. A pass waits for the API server nearly all its time.
    std::size_t workers = 16;
    GroupOptions groups;
    // Between two writes of what is remembered of one set's groups.
    std::chrono::milliseconds memory_interval{5000};
};

// Watches, stores, queue and passes, from start() to stop(); before, it asks the API server for
// nothing and holds nothing (docs/adr/0008-cold-standby.md). One thread; client and metrics must
// outlive it.
class Controller {
public:
    Controller(client::ApiClient& client, ControllerOptions options, const Logger& logger);
    Controller(const Controller&) = delete;
    Controller& operator=(const Controller&) = delete;

    // Called once a pass, for metrics.
    using OnPass = std::function<void(PassKind, PassOutcome, std::chrono::nanoseconds)>;
    void set_on_pass(OnPass on_pass) { on_pass_ = std::move(on_pass); }

    void start();
    // The first lists are complete, or it was not started: a standby can take over at any time.
    [[nodiscard]] bool ready() const { return !started_ || state_.synced(); }

    // Passes under way finish, no new one begins, waiting events are sent; then `done` is called.
    void stop(std::function<void()> done);

    [[nodiscard]] ControllerMetrics::Sizes sizes() const;

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] boost::asio::awaitable<void> work();
    [[nodiscard]] boost::asio::awaitable<PassResult> run_pass(QueueKey key);
    void settle(const QueueKey& key, const PassResult& result, Clock::duration took);
    void start_watching();
    void watch(client::Resource resource, std::string label_selector, client::WatchSink& sink);
    void spawn(boost::asio::awaitable<void> task, const char* name);
    void task_ended();
    void worker_ended();

    client::ApiClient& client_;
    ControllerOptions options_;
    Logger logger_;
    AsyncWorkQueue<QueueKey> queue_;
    ClusterState state_;
    EventRecorder recorder_;
    ActionPerformer performer_;
    GroupMemories memories_;
    SetReconciler sets_;
    GroupReconciler groups_;
    std::vector<std::unique_ptr<client::Reflector>> reflectors_;
    OnPass on_pass_;
    std::size_t running_ = 0;  // watches, workers and the recorder
    std::size_t workers_ = 0;
    std::size_t active_passes_ = 0;
    bool started_ = false;
    std::function<void()> stopped_;
};

}  // namespace lws::controller
