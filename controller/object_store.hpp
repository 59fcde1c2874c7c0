// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "pkg/lws/client/store.hpp"
#include "pkg/lws/client/watch_sink.hpp"
#include "pkg/lws/k8s/object_key.hpp"
#include "pkg/lws/k8s/packed.hpp"
#include "pkg/lws/support/log.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::controller {

// True when both are numbers and `older` is the smaller one. Kubernetes guarantees the order of
// resource versions of one resource since 1.35 (KEP-5504); etcd made it so before.
[[nodiscard]] inline bool is_older(std::string_view older, std::string_view newer) {
    const auto number = [](std::string_view text) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const char* const first = text.data();
        const char* const last = first + text.size();
        const auto parsed = std::from_chars(first, last, value);
        if (parsed.ec != std::errc{} || parsed.ptr != last) return std::nullopt;
        return value;
    };
    const auto a = number(older);
    const auto b = number(newer);
    return a && b && *a < *b;
}

// Holds objects packed: there are thousands of them, and a pass looks at a few.
template <class T>
struct PackedForm {
    using Held = k8s::Packed<T>;

    static Held hold(const k8s::ObjectKey&, const T& value) { return Held(value); }
    static k8s::ObjectKey key(const Held& held) { return held.key(); }
    static T value(const Held& held) { return held.unpack(); }
    static std::size_t hash(const k8s::ObjectKey& key) { return std::hash<k8s::ObjectKey>{}(key); }
    static bool same(const Held& a, const Held& b) { return a == b; }
};

// A store that is fed by a watch and by the answers to our own writes, so that a pass never plans
// on a state older than what it wrote. The two may overtake each other: an event that is older than
// what is here is dropped, and so is an answer about an object whose deletion was seen already. T
// has `key` and `uid`, and `resource_version` where order matters. One thread.
template <class T>
class ObjectStore final : public client::WatchSink {
public:
    using Store = client::Store<T, k8s::ObjectKey, PackedForm<T>>;
    using Reader = std::function<Result<T>(json::View)>;

    ObjectStore(std::string kind, Reader reader, typename Store::Handler handler, Logger logger)
        : kind_(std::move(kind)),
          reader_(std::move(reader)),
          logger_(std::move(logger)),
          store_(std::move(handler)) {}

    void init() override { store_.init(); }
    void init_apply(json::View object) override {
        if (const auto value = read(object)) store_.init_apply(value->key, *value);
    }
    // What an answer told since is newer than the list.
    void init_done(std::string_view version) override {
        if constexpr (kHasVersion) {
            store_.for_each([&](const T& value) {
                if (is_older(version, value.resource_version)) store_.init_apply(value.key, value);
            });
        }
        store_.init_done();
    }

    void apply(json::View object) override {
        const auto value = read(object);
        if (!value) return;
        // An object that stopped matching the selector and matches again.
        deleted_.erase(value->uid);
        put(*value);
    }

    // The answer to a write of ours.
    void observe(json::View object) {
        const auto value = read(object);
        if (!value || deleted_.contains(value->uid)) return;
        put(*value);
    }

    void deleted(json::View object) override {
        auto value = read(object);
        if (!value) return;
        remember_deleted(value->uid);
        store_.init_remove(value->key);
        const auto present = store_.find(value->key);
        // A successor of the same name may be here already, from the answer that created it.
        if (present != nullptr && present->uid != value->uid) return;
        const k8s::ObjectKey key = value->key;
        store_.remove(key, std::move(value));
    }

    // A copy, or null.
    [[nodiscard]] std::unique_ptr<const T> find(const k8s::ObjectKey& key) const {
        return store_.find(key);
    }
    [[nodiscard]] bool contains(const k8s::ObjectKey& key) const { return store_.contains(key); }
    [[nodiscard]] const Store& all() const { return store_; }

private:
    static constexpr bool kHasVersion = requires(const T& value) { value.resource_version; };

    [[nodiscard]] std::optional<T> read(json::View object) {
        auto value = reader_(object);
        if (value.has_error()) {
            logger_->warn(
                "a {} from the API server cannot be read: {}", kind_, value.error().message
            );
            return std::nullopt;
        }
        return std::move(*value);
    }

    void put(const T& value) {
        const auto present = store_.find(value.key);
        if (present != nullptr && present->uid == value.uid && is_stale(value, *present)) return;
        store_.apply(value.key, value);
    }

    [[nodiscard]] static bool is_stale(const T& incoming, const T& present) {
        if constexpr (kHasVersion) {
            return is_older(incoming.resource_version, present.resource_version);
        }
        return false;
    }

    void remember_deleted(const std::string& uid) {
        // Answers overtake events by milliseconds; this many deletions last far longer.
        constexpr std::size_t kRemembered = 512;
        if (!deleted_.insert(uid).second) return;
        deleted_order_.push_back(uid);
        if (deleted_order_.size() > kRemembered) {
            deleted_.erase(deleted_order_.front());
            deleted_order_.pop_front();
        }
    }

    std::string kind_;
    Reader reader_;
    Logger logger_;
    Store store_;
    std::unordered_set<std::string> deleted_;
    std::deque<std::string> deleted_order_;
};

}  // namespace lws::controller
