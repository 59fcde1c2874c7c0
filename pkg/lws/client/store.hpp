// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace lws::client {

enum class ChangeKind { added, changed, removed };

// The objects of one watch by key. Between init() and init_done() the new list gathers in a buffer
// and readers keep the old one; then the two are swapped and every difference is reported, objects
// that vanished between two watches included (removed, with the last state known). A value equal to
// the present one is no change, where T can be compared. Not thread-safe: one thread per store.
template <class T, class Key = std::string, class Hash = std::hash<Key>>
class Store {
public:
    // `before` is null for added, `after` for removed; both live only during the call. The handler
    // may read the store (it holds the new state already), not write it.
    struct Change {
        ChangeKind kind;
        const Key& key;
        const T* before;
        const T* after;
    };
    using Handler = std::function<void(const Change&)>;

    explicit Store(Handler handler = {}) : handler_(std::move(handler)) {}

    void init() { pending_.emplace(); }

    void init_apply(Key key, T value) {
        if (pending_) pending_->insert_or_assign(std::move(key), std::move(value));
    }

    // The list that gathers lacks this key after all.
    void init_remove(const Key& key) {
        if (pending_) pending_->erase(key);
    }

    void init_done() {
        if (!pending_) return;
        Map old = std::move(*pending_);
        pending_.reset();
        old.swap(objects_);
        synced_ = true;
        for (const auto& [key, after] : objects_) {
            const auto before = old.find(key);
            report_update(key, before == old.end() ? nullptr : &before->second, after);
        }
        for (const auto& [key, before] : old) {
            if (!objects_.contains(key)) report({ChangeKind::removed, key, &before, nullptr});
        }
    }

    void apply(Key key, T value) {
        const auto found = objects_.find(key);
        if (found == objects_.end()) {
            const auto added = objects_.emplace(std::move(key), std::move(value)).first;
            report_update(added->first, nullptr, added->second);
            return;
        }
        const T before = std::exchange(found->second, std::move(value));
        report_update(found->first, &before, found->second);
    }

    // `last` is the state at deletion, when the event told it; else the one in the store. An
    // unknown key is reported all the same if `last` is given: it lived shorter than our look at
    // it. A list that gathers lacks it too.
    void remove(const Key& key, std::optional<T> last = {}) {
        init_remove(key);
        auto node = objects_.extract(key);
        if (node.empty() && !last) return;
        const T& before = last ? *last : node.mapped();
        report({ChangeKind::removed, key, &before, nullptr});
    }

    [[nodiscard]] const T* find(const Key& key) const {
        const auto found = objects_.find(key);
        return found == objects_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::size_t size() const { return objects_.size(); }
    // The first list is complete.
    [[nodiscard]] bool synced() const { return synced_; }
    [[nodiscard]] auto begin() const { return objects_.begin(); }
    [[nodiscard]] auto end() const { return objects_.end(); }

private:
    using Map = std::unordered_map<Key, T, Hash>;

    void report(const Change& change) const {
        if (handler_) handler_(change);
    }

    void report_update(const Key& key, const T* before, const T& after) const {
        if (before == nullptr) return report({ChangeKind::added, key, nullptr, &after});
        if constexpr (std::equality_comparable<T>) {
            if (*before == after) return;
        }
        report({ChangeKind::changed, key, before, &after});
    }

    Handler handler_;
    Map objects_;
    std::optional<Map> pending_;
    bool synced_ = false;
};

}  // namespace lws::client
