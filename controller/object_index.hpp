// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/object_store.hpp"

namespace lws::controller {

// The objects of a store by what they belong to: a set, or a group. Keeps nothing but a hash and a
// slot for each, so whoever has the same hash is told apart by the object itself.
template <class T>
class ObjectIndex {
public:
    using Store = typename ObjectStore<T>::Store;
    // What an object belongs to; nothing when it is in no place of this index.
    using Place = std::function<std::optional<k8s::ObjectKey>(const T&)>;

    explicit ObjectIndex(Place place) : place_(std::move(place)) {}

    // For every change of the store.
    void follow(const typename Store::Change& change) {
        if (change.slot == nullptr) return;
        if (change.after == nullptr) {
            // What a removal tells may be newer than what was here.
            erase(change.slot->unpack(), change.slot);
            return;
        }
        if (change.before != nullptr) {
            if (place_(*change.before) == place_(*change.after)) return;
            erase(*change.before, change.slot);
        }
        if (const auto place = place_(*change.after)) slots_.emplace(hash(*place), change.slot);
    }

    // Ordered by name.
    [[nodiscard]] std::vector<std::unique_ptr<const T>> at(
        const k8s::ObjectKey& place, const Store& store
    ) const {
        std::vector<std::unique_ptr<const T>> out;
        const auto [first, last] = slots_.equal_range(hash(place));
        for (auto entry = first; entry != last; ++entry) {
            auto object = store.at(entry->second);
            if (place_(*object) == place) out.push_back(std::move(object));
        }
        std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
            return a->key < b->key;
        });
        return out;
    }

private:
    static std::size_t hash(const k8s::ObjectKey& place) {
        return std::hash<k8s::ObjectKey>{}(place);
    }

    void erase(const T& object, typename Store::Slot slot) {
        const auto place = place_(object);
        if (!place) return;
        const auto [first, last] = slots_.equal_range(hash(*place));
        const auto found =
            std::find_if(first, last, [slot](const auto& entry) { return entry.second == slot; });
        if (found != last) slots_.erase(found);
    }

    Place place_;
    std::unordered_multimap<std::size_t, typename Store::Slot> slots_;
};

}  // namespace lws::controller
