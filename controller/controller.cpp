// SPDX-License-Identifier: Apache-2.0
#include "controller/controller.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/client/resource.hpp"

namespace lws::controller {
namespace {

namespace asio = boost::asio;

// The outage is logged by the client, once a minute; each pass that meets it need not say so again.
bool is_outage(const Error& error) {
    return error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout ||
           error.code == ErrorCode::cancelled;
}

const char* name_of(PassKind kind) {
    return kind == PassKind::set ? "set" : "group";
}

}  // namespace

Controller::Controller(client::ApiClient& client, ControllerOptions options, const Logger& logger)
    : client_(client),
      options_(std::move(options)),
      logger_(logger),
      queue_(client.get_executor()),
      state_([this](const QueueKey& key) { queue_.add(key); }, logger),
      recorder_(client, options_.event_instance, logger),
      performer_(client, state_, recorder_, logger),
      memories_(
          [this](const k8s::ObjectKey& set, std::chrono::milliseconds delay) {
              queue_.add_after(QueueKey(PassKind::set, set), delay);
          },
          options_.memory_interval,
          logger
      ),
      sets_(state_, performer_, memories_, logger),
      groups_(state_, performer_, client, memories_, options_.groups, logger) {}

void Controller::spawn(asio::awaitable<void> task, const char* name) {
    asio::co_spawn(
        client_.get_executor(),
        std::move(task),
        [this, name](const std::exception_ptr& error) {
            if (error) {
                try {
                    std::rethrow_exception(error);
                } catch (const std::exception& e) {
                    logger_->error("{} ended: {}", name, e.what());
                }
            }
            task_ended();
        }
    );
    ++running_;
}

void Controller::task_ended() {
    --running_;
    if (running_ == 0 && stopped_) {
        const auto stopped = std::exchange(stopped_, nullptr);
        stopped();
    }
}

void Controller::watch(
    client::Resource resource, std::string label_selector, client::WatchSink& sink
) {
    client::ReflectorOptions options;
    options.label_selector = std::move(label_selector);
    reflectors_.push_back(
        std::make_unique<client::Reflector>(client_, resource, std::move(options), sink, logger_)
    );
    spawn(reflectors_.back()->run(), "a watch");
}

void Controller::start_watching() {
    const std::string of_sets(api::kSetNameLabel);
    watch(client::kLeaderWorkerSets, "", state_.sets);
    watch(client::kPods, of_sets, state_.pods);
    watch(client::kStatefulSets, of_sets, state_.stateful_sets);
    watch(client::kServices, of_sets, state_.services);
    // A StatefulSet's own revisions carry its pods' labels, and there is more of them than of ours:
    // one for each group. Ours have neither index.
    std::string own = of_sets;
    own.append(",!").append(api::kWorkerIndexLabel).append(",!").append(api::kGroupIndexLabel);
    watch(client::kControllerRevisions, own, state_.revisions);
    if (options_.groups.gang == rules::GangScheduling::volcano) {
        watch(client::kPodGroups, of_sets, state_.pod_groups);
    }
}

void Controller::start() {
    if (started_) return;
    started_ = true;
    start_watching();
    spawn(recorder_.run(), "the event recorder");
    for (std::size_t i = 0; i < options_.workers; ++i) {
        ++workers_;
        spawn(work(), "a worker");
    }
}

void Controller::stop(std::function<void()> done) {
    stopped_ = std::move(done);
    queue_.shut_down();
    for (const auto& reflector : reflectors_) reflector->stop();
    if (workers_ == 0) recorder_.stop();
    if (running_ == 0) {
        running_ = 1;
        task_ended();
    }
}

asio::awaitable<PassResult> Controller::run_pass(QueueKey key) {
    try {
        if (key.kind == PassKind::set) co_return co_await sets_.reconcile(key.key);
        co_return co_await groups_.reconcile(key.key);
    } catch (const std::exception& e) {
        PassResult result;
        result.failure = Error(ErrorCode::internal, std::string("a bug: ") + e.what());
        co_return result;
    }
}

void Controller::settle(const QueueKey& key, const PassResult& result, Clock::duration took) {
    PassOutcome outcome = PassOutcome::success;
    if (result.failure) {
        const bool quiet =
            is_outage(*result.failure) || result.failure->code == ErrorCode::conflict;
        logger_->log(
            quiet ? spdlog::level::debug : spdlog::level::warn,
            "{} {}: {}; trying again after a pause",
            name_of(key.kind),
            k8s::to_text(key.key),
            result.failure->message
        );
        queue_.add_rate_limited(key);
        outcome = PassOutcome::error;
    } else {
        queue_.forget(key);
        if (result.requeue_after) {
            queue_.add_after(key, *result.requeue_after);
            outcome = PassOutcome::requeue_after;
        }
    }
    if (on_pass_) on_pass_(key.kind, outcome, took);
    queue_.done(key);
}

void Controller::worker_ended() {
    --workers_;
    // The last pass has recorded its events.
    if (workers_ == 0 && stopped_) recorder_.stop();
}

asio::awaitable<void> Controller::work() {
    // Before the first lists are complete a set would seem to have no pods.
    while (!state_.synced() && !stopped_) {
        asio::steady_timer pause(client_.get_executor(), std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    while (auto key = co_await queue_.next()) {
        const auto began = Clock::now();
        ++active_passes_;
        const PassResult result = co_await run_pass(*key);
        --active_passes_;
        settle(*key, result, Clock::now() - began);
    }
    worker_ended();
}

ControllerMetrics::Sizes Controller::sizes() const {
    ControllerMetrics::Sizes sizes;
    sizes.sets = state_.sets.all().size();
    sizes.pods = state_.pods.all().size();
    sizes.stateful_sets = state_.stateful_sets.all().size();
    sizes.services = state_.services.all().size();
    sizes.revisions = state_.revisions.all().size();
    sizes.queue_depth = queue_.queue().depth(Clock::now());
    sizes.active_passes = active_passes_;
    sizes.events_waiting = recorder_.waiting();
    const GroupMemories::Totals groups = memories_.totals();
    sizes.unremembered_groups = groups.left_out;
    sizes.held_groups = groups.held;
    sizes.stuck_pods = groups.stuck;
    sizes.name_conflicts = groups.conflicts + sets_.conflicts();
    sizes.recreations = groups_.recreations();
    return sizes;
}

}  // namespace lws::controller
