// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "controller/work_queue.hpp"

namespace lws::controller {

// A WorkQueue that worker coroutines wait on. Any number of them, all on one thread; must outlive
// them.
template <class Key, class Hash = std::hash<Key>>
class AsyncWorkQueue {
public:
    using Queue = WorkQueue<Key, Hash>;
    using Clock = typename Queue::Clock;

    explicit AsyncWorkQueue(
        const boost::asio::any_io_executor& executor, client::BackoffLimits limits = kRetryLimits
    )
        : queue_(limits), wake_(executor) {}

    void add(const Key& key) { add_after(key, Clock::duration::zero()); }
    void add_after(const Key& key, Clock::duration delay) {
        queue_.add_at(key, Clock::now() + delay);
        wake_.cancel();
    }
    void add_rate_limited(const Key& key) {
        queue_.add_rate_limited(key, Clock::now());
        wake_.cancel();
    }
    void forget(const Key& key) { queue_.forget(key); }
    void done(const Key& key) {
        queue_.done(key);
        wake_.cancel();
    }

    // The next key; nothing after shut_down().
    [[nodiscard]] boost::asio::awaitable<std::optional<Key>> next() {
        while (!shut_down_) {
            if (auto key = queue_.take(Clock::now())) co_return key;
            const auto due = queue_.next_due();
            const auto until = due ? *due : Clock::time_point::max();
            // Setting it wakes the other waiters: only when it changes, or they wake each other for
            // ever.
            if (wake_.expiry() != until) wake_.expires_at(until);
            co_await wake_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
        co_return std::nullopt;
    }

    // Wakes all that wait; keys still in the queue are not handed out any more.
    void shut_down() {
        shut_down_ = true;
        wake_.cancel();
    }

    [[nodiscard]] const Queue& queue() const { return queue_; }

private:
    Queue queue_;
    // Shared by all waiters: cancelling it makes each look again.
    boost::asio::steady_timer wake_;
    bool shut_down_ = false;
};

}  // namespace lws::controller
