// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

#include "pkg/lws/k8s/object_key.hpp"

namespace lws::controller {

enum class PassKind {
    set,    // `key` is the set's
    group,  // `key` is that of the group's leader pod, `<set>-<group>`
};

// What one pass is about; the unit of "one at a time".
struct QueueKey {
    PassKind kind{PassKind::set};
    k8s::ObjectKey key;

    QueueKey(PassKind k, k8s::ObjectKey object) : kind(k), key(std::move(object)) {}

    friend auto operator<=>(const QueueKey&, const QueueKey&) = default;
    friend bool operator==(const QueueKey&, const QueueKey&) = default;
};

}  // namespace lws::controller

template <>
struct std::hash<lws::controller::QueueKey> {
    std::size_t operator()(const lws::controller::QueueKey& key) const noexcept {
        return std::hash<lws::k8s::ObjectKey>{}(key.key) * 2 + static_cast<std::size_t>(key.kind);
    }
};
