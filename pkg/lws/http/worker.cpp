// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/worker.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace lws::http {
namespace {

Clock::duration sweep_interval(const Deadlines& deadlines) {
    const auto shortest = std::min({
        deadlines.handshake,
        deadlines.header,
        deadlines.body,
        deadlines.write,
        deadlines.idle,
        deadlines.rest,
        deadlines.linger,
    });
    return std::clamp(shortest / 4, std::chrono::milliseconds(1), std::chrono::milliseconds(500));
}

}  // namespace

Worker::Worker(asio::io_context& context, std::shared_ptr<ServerState> state)
    : context_(context),
      state_(std::move(state)),
      timer_(context.get_executor()),
      interval_(sweep_interval(state_->options.deadlines)) {}

void Worker::start(Socket socket, Admission admission) {
    start_session(shared_from_this(), std::move(socket), admission);
}

// Cutting only closes sockets; who waits on them goes on later, so the list does not change here.
void Worker::cut_idle() {
    for (Connection* const connection : connections_) {
        if (connection->idle) {
            connection->cut();
        }
    }
}

void Worker::cut_all() {
    for (Connection* const connection : connections_) {
        connection->cut();
    }
}

void Worker::arm() {
    if (armed_ || connections_.empty()) {
        return;
    }
    armed_ = true;
    timer_.expires_after(interval_);
    timer_.async_wait([self = weak_from_this()](const boost::system::error_code&) {
        if (const auto worker = self.lock()) {
            worker->armed_ = false;
            worker->sweep();
            worker->arm();
        }
    });
}

void Worker::sweep() {
    const Clock::time_point now = Clock::now();
    for (Connection* const connection : connections_) {
        if (connection->deadline <= now) {
            connection->cut();
        } else if (connection->rest_at <= now) {
            connection->rest_at = Clock::time_point::max();
            connection->rest();
        }
    }
}

std::string_view Worker::date() {
    const std::time_t now = std::time(nullptr);
    if (now != date_second_) {
        std::tm fields{};
        gmtime_r(&now, &fields);
        std::array<char, 40> text{};
        const std::size_t size =
            std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &fields);
        date_.assign(text.data(), size);
        date_second_ = now;
    }
    return date_;
}

Worker::Registration::Registration(std::shared_ptr<Worker> worker, Connection& connection)
    : worker_(std::move(worker)),
      place_(worker_->connections_.insert(worker_->connections_.end(), &connection)) {
    worker_->arm();
}

Worker::Registration::~Registration() {
    worker_->connections_.erase(place_);
    worker_->open_.fetch_sub(1);
    worker_->state_->ended.fetch_add(1);
    worker_->state_->connections.fetch_sub(1);
}

}  // namespace lws::http
