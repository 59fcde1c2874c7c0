// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace lws::client {

enum class ChangeKind { added, changed, removed };

// How a store holds a value: here as it is. Another form makes `Held` of key and value and gives
// both back; the key may come back as anything that hash() and is() take.
template <class T, class Key>
struct PlainForm {
    struct Held {
        Key key;
        T value;
    };

    static Held hold(const Key& key, const T& value) { return {key, value}; }
    static const Key& key(const Held& held) { return held.key; }
    static const T& value(const Held& held) { return held.value; }
    static std::size_t hash(const Key& key) { return std::hash<Key>{}(key); }
    static bool same(const Held& a, const Held& b) {
        if constexpr (std::equality_comparable<T>) return a.value == b.value;
        return false;
    }
};

// The objects of one watch by key. Between init() and init_done() the new list gathers in a buffer
// and readers keep the old one; then the two are swapped and every difference is reported, objects
// that vanished between two watches included (removed, with the last state known). A value equal to
// the present one is no change, where T can be compared. Not thread-safe: one thread per store.
template <class T, class Key = std::string, class Form = PlainForm<T, Key>>
class Store {
public:
    using Held = typename Form::Held;
    // Where the store has an object: the same from its addition to its removal, which is reported
    // while the slot still holds the last state that was applied.
    using Slot = const Held*;

    // `before` is null for added, `after` for removed; all live only during the call. The handler
    // may read the store (it holds the new state already), not write it. No slot: the object was
    // never here.
    struct Change {
        ChangeKind kind;
        const Key& key;
        const T* before;
        const T* after;
        Slot slot;
    };
    using Handler = std::function<void(const Change&)>;

    explicit Store(Handler handler = {}) : handler_(std::move(handler)) {}

    void init() { pending_.emplace(); }

    void init_apply(const Key& key, const T& value) {
        if (!pending_) return;
        Held held = Form::hold(key, value);
        const auto found = pending_->find(Form::key(held));
        if (found != pending_->end()) {
            replace(*pending_, found, held);
        } else {
            pending_->insert(std::move(held));
        }
    }

    // The list that gathers lacks this key after all.
    void init_remove(const Key& key) {
        if (!pending_) return;
        const auto found = pending_->find(key);
        if (found != pending_->end()) pending_->erase(found);
    }

    void init_done() {
        if (!pending_) return;
        Objects fresh = std::move(*pending_);
        pending_.reset();
        synced_ = true;
        Objects gone;
        for (auto at = objects_.begin(); at != objects_.end();) {
            const auto here = at++;
            if (!fresh.contains(Form::key(*here))) gone.insert(objects_.extract(here));
        }
        // All first, then the reports: whoever hears one may look at any other object.
        std::vector<std::pair<Slot, std::optional<Held>>> news;
        while (!fresh.empty()) {
            auto node = fresh.extract(fresh.begin());
            const auto found = objects_.find(Form::key(node.value()));
            if (found == objects_.end()) {
                news.emplace_back(&*objects_.insert(std::move(node)).position, std::nullopt);
            } else if (!Form::same(*found, node.value())) {
                const Slot slot = replace(objects_, found, node.value());
                news.emplace_back(slot, std::move(node.value()));
            }
        }
        for (const auto& [slot, before] : news) report(slot, before ? &*before : nullptr);
        for (const Held& held : gone) report_removed(held, Form::value(held));
    }

    void apply(const Key& key, const T& value) {
        Held held = Form::hold(key, value);
        const auto found = objects_.find(Form::key(held));
        if (found == objects_.end()) {
            report(&*objects_.insert(std::move(held)).first, nullptr);
        } else if (!Form::same(*found, held)) {
            const Slot slot = replace(objects_, found, held);
            report(slot, &held);
        } else {
            // Equal in all that counts; what does not count may differ.
            replace(objects_, found, held);
        }
    }

    // `last` is the state at deletion, when the event told it; else the one in the store. An
    // unknown key is reported all the same if `last` is given: it lived shorter than our look at
    // it. A list that gathers lacks it too.
    void remove(const Key& key, std::optional<T> last = {}) {
        init_remove(key);
        const auto found = objects_.find(key);
        if (found == objects_.end()) {
            if (last && handler_) handler_({ChangeKind::removed, key, &*last, nullptr, nullptr});
            return;
        }
        const auto node = objects_.extract(found);
        report_removed(node.value(), last ? *last : Form::value(node.value()));
    }

    // A copy: what is here may be held in another form, and changes with the next event.
    [[nodiscard]] std::unique_ptr<const T> find(const Key& key) const {
        const auto found = objects_.find(key);
        if (found == objects_.end()) return nullptr;
        return at(&*found);
    }
    [[nodiscard]] std::unique_ptr<const T> at(Slot slot) const {
        return std::make_unique<const T>(Form::value(*slot));
    }
    [[nodiscard]] bool contains(const Key& key) const { return objects_.contains(key); }
    [[nodiscard]] std::size_t size() const { return objects_.size(); }
    // The first list is complete.
    [[nodiscard]] bool synced() const { return synced_; }

    template <class Call>
    void for_each(Call call) const {
        for (const Held& held : objects_) call(Form::value(held));
    }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(const Held& held) const { return Form::hash(Form::key(held)); }
        std::size_t operator()(const Key& key) const { return Form::hash(key); }
    };
    struct Same {
        using is_transparent = void;
        bool operator()(const Held& a, const Held& b) const { return Form::key(a) == Form::key(b); }
        bool operator()(const Held& a, const Key& b) const { return Form::key(a) == b; }
        bool operator()(const Key& a, const Held& b) const { return a == Form::key(b); }
    };
    using Objects = std::unordered_set<Held, Hash, Same>;

    // Leaves the old value in `value`, and the object in its slot.
    static Slot replace(Objects& objects, typename Objects::const_iterator at, Held& value) {
        auto node = objects.extract(at);
        std::swap(node.value(), value);
        return &*objects.insert(std::move(node)).position;
    }

    void report(Slot slot, const Held* before) const {
        if (!handler_) return;
        const T after = Form::value(*slot);
        const Key key = Form::key(*slot);
        if (before == nullptr) {
            handler_({ChangeKind::added, key, nullptr, &after, slot});
            return;
        }
        const T old = Form::value(*before);
        handler_({ChangeKind::changed, key, &old, &after, slot});
    }

    void report_removed(const Held& held, const T& last) const {
        if (!handler_) return;
        const Key key = Form::key(held);
        handler_({ChangeKind::removed, key, &last, nullptr, &held});
    }

    Handler handler_;
    Objects objects_;
    std::optional<Objects> pending_;
    bool synced_ = false;
};

}  // namespace lws::client
