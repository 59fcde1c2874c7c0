// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/reflector.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <utility>

namespace lws::client {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

double own_random() {
    // One thread drives a process's reflectors; quality does not matter, only that they differ.
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

}  // namespace

Reflector::Reflector(
    ApiClient& client, Resource resource, ReflectorOptions options, WatchSink& sink, Logger logger
)
    : client_(client),
      resource_(resource),
      options_(std::move(options)),
      sink_(sink),
      logger_(std::move(logger)),
      problems_("watch of " + std::string(resource_.plural)),
      timer_(client.get_executor()) {
    if (!options_.random) options_.random = own_random;
    state_.streams = options_.streaming_lists;
}

Reflector::~Reflector() = default;

asio::awaitable<void> Reflector::run() {
    advance(watch_input::Start{});
    while (!stopped_ && !client_.stopped()) {
        switch (action_.kind) {
            case WatchActionKind::list:
                co_await list(state_.continue_token);
                break;
            case WatchActionKind::open:
                co_await open(state_.resource_version);
                break;
            case WatchActionKind::read:
                co_await read();
                break;
            case WatchActionKind::wait:
                co_await wait(action_.delay);
                break;
        }
    }
    stream_.reset();
}

void Reflector::stop() {
    stopped_ = true;
    timer_.cancel();
    if (stream_) stream_->close();
}

asio::awaitable<void> Reflector::list(std::string continue_token) {
    stream_.reset();
    ListParams params;
    params.label_selector = options_.label_selector;
    params.field_selector = options_.field_selector;
    params.limit = options_.page_size;
    params.continue_token = std::move(continue_token);
    Request request = make_list(resource_, options_.ns, params);
    const Result<json::Document> page =
        co_await client_.call(std::move(request), options_.list_timeout);
    if (stopped_ || client_.stopped()) co_return;
    if (page) {
        advance(watch_input::Page{page->root()});
    } else {
        advance(watch_input::ListFailed{page.error()});
    }
}

asio::awaitable<void> Reflector::open(std::string resource_version) {
    stream_.reset();
    WatchParams params;
    params.label_selector = options_.label_selector;
    params.field_selector = options_.field_selector;
    if (resource_version.empty()) params.initial_events = InitialEvents::stream;
    params.resource_version = std::move(resource_version);
    params.timeout = options_.watch_timeout;
    Request request = make_watch(resource_, options_.ns, params);
    Result<std::unique_ptr<WatchStream>> opened =
        co_await client_.open_watch(std::move(request), options_.open_timeout);
    if (stopped_ || client_.stopped()) co_return;
    if (!opened) {
        advance(watch_input::WatchFailed{opened.error()});
        co_return;
    }
    stream_ = std::move(*opened);
    opened_at_ = Clock::now();
    advance(watch_input::Opened{});
}

asio::awaitable<void> Reflector::read() {
    const auto idle = state_.phase == WatchPhase::streaming
                          ? options_.list_timeout
                          : options_.watch_timeout + options_.idle_margin;
    const Result<std::optional<WatchEvent>> event = co_await stream_->next(idle);
    if (stopped_ || client_.stopped()) co_return;
    if (!event) {
        advance(watch_input::WatchFailed{event.error()});
    } else if (*event) {
        advance(watch_input::Event{(*event)->type, (*event)->object()});
    } else {
        const auto lived = Clock::now() - opened_at_;
        advance(watch_input::Ended{std::chrono::duration_cast<std::chrono::milliseconds>(lived)});
    }
}

asio::awaitable<void> Reflector::wait(std::chrono::milliseconds delay) {
    stream_.reset();
    timer_.expires_after(delay);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!stopped_ && !client_.stopped()) advance(watch_input::TimerFired{});
}

void Reflector::advance(const WatchInput& input) {
    WatchStep next = step(std::move(state_), input, options_.backoff, options_.random());
    state_ = std::move(next.state);
    action_ = next.action;
    const auto now = Clock::now();
    if (!next.problem.empty()) {
        const auto line = problems_.failed(now, next.problem);
        // One line for the client, not one more for each watch.
        if (line && !client_.unreachable()) logger_->warn(*line);
    } else if (state_.failures == 0) {
        if (const auto line = problems_.succeeded(now)) logger_->info(*line);
    }
    deliver(next.signals);
}

void Reflector::deliver(const std::vector<WatchSignal>& signals) {
    for (const WatchSignal& signal : signals) {
        switch (signal.kind) {
            case WatchSignalKind::init:
                sink_.init();
                break;
            case WatchSignalKind::init_apply:
                sink_.init_apply(signal.object);
                break;
            case WatchSignalKind::init_done:
                synced_ = true;
                sink_.init_done(state_.resource_version);
                break;
            case WatchSignalKind::apply:
                sink_.apply(signal.object);
                break;
            case WatchSignalKind::deleted:
                sink_.deleted(signal.object);
                break;
        }
    }
}

}  // namespace lws::client
