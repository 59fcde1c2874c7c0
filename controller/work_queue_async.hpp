// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>
#include <vector>

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
        : queue_(limits), clock_(executor) {}

    void add(const Key& key) { add_after(key, Clock::duration::zero()); }
    void add_after(const Key& key, Clock::duration delay) {
        queue_.add_at(key, Clock::now() + delay);
        wake_one();
    }
    void add_rate_limited(const Key& key) {
        queue_.add_rate_limited(key, Clock::now());
        wake_one();
    }
    void forget(const Key& key) { queue_.forget(key); }
    void done(const Key& key) {
        queue_.done(key);
        wake_one();
    }

    // The next key; nothing after shut_down().
    [[nodiscard]] boost::asio::awaitable<std::optional<Key>> next() {
        while (!shut_down_) {
            if (auto key = queue_.take(Clock::now())) {
                wake_one();
                co_return key;
            }
            Sleeper sleeper(*this);
            wake_one();
            co_await sleeper.timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
            waking_ = false;
        }
        co_return std::nullopt;
    }

    // Wakes all that wait; keys still in the queue are not handed out any more.
    void shut_down() {
        shut_down_ = true;
        clock_.cancel();
        for (Sleeper* sleeper : sleepers_) sleeper->wake();
    }

    [[nodiscard]] const Queue& queue() const { return queue_; }

private:
    // A worker without a key; also when its coroutine is destroyed while it waits.
    struct Sleeper {
        explicit Sleeper(AsyncWorkQueue& o)
            : owner(o), timer(o.clock_.get_executor(), Clock::time_point::max()) {
            owner.sleepers_.push_back(this);
        }
        ~Sleeper() { std::erase(owner.sleepers_, this); }
        Sleeper(const Sleeper&) = delete;
        Sleeper& operator=(const Sleeper&) = delete;

        // Also before it waits: cancel() would do nothing then.
        void wake() { timer.expires_at(Clock::time_point::min()); }

        AsyncWorkQueue& owner;
        boost::asio::steady_timer timer;
    };

    // One at a time: most events are of keys that are due already, and sixteen workers that wake up
    // for each would cost more than the passes. Who takes a key wakes the next one.
    void wake_one() {
        if (sleepers_.empty() || waking_ || shut_down_) return;
        const auto due = queue_.next_due();
        if (!due) return;
        if (*due <= Clock::now()) {
            waking_ = true;
            sleepers_.back()->wake();
            return;
        }
        if (clock_due_ && *clock_due_ <= *due) return;
        clock_due_ = due;
        clock_.expires_at(*due);
        clock_.async_wait([this](const boost::system::error_code& cancelled) {
            if (cancelled) return;
            clock_due_.reset();
            wake_one();
        });
    }

    Queue queue_;
    // Rings when the next key is due.
    boost::asio::steady_timer clock_;
    std::optional<typename Clock::time_point> clock_due_;
    std::vector<Sleeper*> sleepers_;
    bool waking_ = false;  // one was woken and has not looked yet
    bool shut_down_ = false;
};

}  // namespace lws::controller
