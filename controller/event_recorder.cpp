// SPDX-License-Identifier: Apache-2.0
#include "controller/event_recorder.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "pkg/lws/client/request.hpp"
#include "pkg/lws/client/resource.hpp"

namespace lws::controller {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::minutes kFlushPeriod{1};
constexpr std::chrono::seconds kRetryPause{2};

rules::MicroTime now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()
    );
}

client::Request to_request(rules::EventRequest request) {
    if (request.kind == rules::EventRequestKind::create) {
        return client::make_create(client::kEvents, request.namespace_, std::move(request.body));
    }
    return client::make_merge_patch(
        client::kEvents, request.namespace_, request.name, std::move(request.body)
    );
}

}  // namespace

EventRecorder::EventRecorder(client::ApiClient& client, std::string instance, Logger logger)
    : client_(client),
      logger_(std::move(logger)),
      series_(std::move(instance)),
      wake_(client.get_executor()) {}

void EventRecorder::record(const rules::Event& event) {
    enqueue(series_.record(event, now()));
}

void EventRecorder::enqueue(std::vector<rules::EventRequest> requests) {
    for (auto& request : requests) {
        if (waiting_.size() >= kMaxWaiting) {
            logger_->warn("{} events wait to be sent, the oldest is dropped", waiting_.size());
            waiting_.pop_front();
        }
        waiting_.push_back(std::move(request));
    }
    wake_.cancel();
}

void EventRecorder::stop() {
    stopping_ = true;
    wake_.cancel();
}

asio::awaitable<void> EventRecorder::send(rules::EventRequest request) {
    client::Request http = to_request(request);
    const auto answer = co_await client_.call(std::move(http));
    if (answer.has_value()) co_return;
    const Error error = answer.error();
    const bool away = error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout ||
                      error.code == ErrorCode::too_many_requests;
    if (away && !stopping_) {
        // The client logs the outage. An event created twice by this has one name: AlreadyExists.
        waiting_.push_front(std::move(request));
        const auto again = std::chrono::steady_clock::now() + kRetryPause;
        // Events that are recorded meanwhile wake this wait, and must not shorten it.
        while (!stopping_ && std::chrono::steady_clock::now() < again) {
            wake_.expires_at(again);
            co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        co_return;
    }
    // Gone: the event expired, or its namespace is being deleted.
    const bool expected = error.code == ErrorCode::not_found ||
                          error.code == ErrorCode::already_exists ||
                          error.code == ErrorCode::forbidden || error.code == ErrorCode::cancelled;
    logger_->log(
        expected ? spdlog::level::debug : spdlog::level::warn,
        "an event in namespace {} was not recorded: {}",
        request.namespace_,
        error.message
    );
}

asio::awaitable<void> EventRecorder::run() {
    while (true) {
        if (!waiting_.empty()) {
            rules::EventRequest request = std::move(waiting_.front());
            waiting_.pop_front();
            co_await send(std::move(request));
            continue;
        }
        if (stopping_) co_return;
        wake_.expires_after(kFlushPeriod);
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (waiting_.empty()) enqueue(series_.flush(now()));
    }
}

}  // namespace lws::controller
