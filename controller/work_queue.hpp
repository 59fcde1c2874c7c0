// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "pkg/lws/client/backoff.hpp"

namespace lws::controller {

// controller-runtime starts at the same 5 ms but goes up to 1000 s, which leaves a repaired set
// waiting for a quarter of an hour; five minutes bounds that.
inline constexpr client::BackoffLimits kRetryLimits{
    std::chrono::milliseconds(5), std::chrono::minutes(5)
};

// Keys to reconcile, as data: the caller gives the time. A key is in here once; of several wishes
// for one key the earliest deadline wins; a key is never handed out twice at once: what is added
// while it is being worked on waits until done(). Keys due at the same time come in the order of
// adding. Not thread-safe. Key is cheap to copy (it is held twice) and totally ordered.
template <class Key, class Hash = std::hash<Key>>
class WorkQueue {
public:
    using Clock = std::chrono::steady_clock;
    using TimePoint = Clock::time_point;

    explicit WorkQueue(client::BackoffLimits limits = kRetryLimits) : limits_(limits) {}

    void add(const Key& key, TimePoint now) { add_at(key, now); }

    void add_at(const Key& key, TimePoint when) {
        Item& item = items_[key];
        if (item.due && *item.due <= when) return;
        if (item.due && !item.working) order_.erase({*item.due, item.sequence, key});
        item.due = when;
        item.sequence = next_sequence_++;
        if (!item.working) order_.insert({when, item.sequence, key});
    }

    // After a failure: 5 ms, doubled with each failure of this key since forget().
    void add_rate_limited(const Key& key, TimePoint now) {
        const unsigned failures = failures_[key]++;
        add_at(key, now + client::doubling_delay(limits_, failures));
    }

    // After a success: the next failure starts from 5 ms again.
    void forget(const Key& key) { failures_.erase(key); }

    [[nodiscard]] unsigned failures(const Key& key) const {
        const auto found = failures_.find(key);
        return found == failures_.end() ? 0 : found->second;
    }

    // The key that has been due longest; done() must follow.
    [[nodiscard]] std::optional<Key> take(TimePoint now) {
        if (order_.empty() || std::get<TimePoint>(*order_.begin()) > now) return std::nullopt;
        Key key = std::get<Key>(order_.extract(order_.begin()).value());
        Item& item = items_.at(key);
        item.due.reset();
        item.working = true;
        ++working_;
        return key;
    }

    // Not handed out at present: ignored.
    void done(const Key& key) {
        const auto found = items_.find(key);
        if (found == items_.end() || !found->second.working) return;
        --working_;
        found->second.working = false;
        if (!found->second.due) {
            items_.erase(found);
            return;
        }
        order_.insert({*found->second.due, found->second.sequence, key});
    }

    // When take() can next give something; nothing if no key waits that is not being worked on.
    [[nodiscard]] std::optional<TimePoint> next_due() const {
        if (order_.empty()) return std::nullopt;
        return std::get<TimePoint>(*order_.begin());
    }

    // Keys due now and not being worked on, for the depth metric.
    [[nodiscard]] std::size_t depth(TimePoint now) const {
        std::size_t count = 0;
        for (const auto& entry : order_) {
            if (std::get<TimePoint>(entry) > now) break;
            ++count;
        }
        return count;
    }
    // Keys that wait, due or not.
    [[nodiscard]] std::size_t waiting() const { return order_.size(); }
    [[nodiscard]] std::size_t working() const { return working_; }

private:
    struct Item {
        std::optional<TimePoint> due;
        std::uint64_t sequence = 0;
        bool working = false;
    };

    client::BackoffLimits limits_;
    std::unordered_map<Key, Item, Hash> items_;
    std::set<std::tuple<TimePoint, std::uint64_t, Key>> order_;
    std::unordered_map<Key, unsigned, Hash> failures_;
    std::uint64_t next_sequence_ = 0;
    std::size_t working_ = 0;
};

}  // namespace lws::controller
