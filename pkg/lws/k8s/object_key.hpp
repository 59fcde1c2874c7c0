// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace lws::k8s {

// Which object of one kind. Ordered by namespace, then name, so that stores list deterministically.
struct ObjectKey {
    std::string namespace_;
    std::string name;

    ObjectKey() = default;
    ObjectKey(std::string ns, std::string n) : namespace_(std::move(ns)), name(std::move(n)) {}

    friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
    friend bool operator==(const ObjectKey&, const ObjectKey&) = default;
};

// `namespace/name`, for logs and messages.
[[nodiscard]] inline std::string to_text(const ObjectKey& key) {
    return key.namespace_ + "/" + key.name;
}

}  // namespace lws::k8s

template <>
struct std::hash<lws::k8s::ObjectKey> {
    std::size_t operator()(const lws::k8s::ObjectKey& key) const noexcept {
        const std::size_t h = std::hash<std::string>{}(key.namespace_);
        // boost::hash_combine's mixing, so that swapped parts differ.
        return h ^
               (std::hash<std::string>{}(key.name) + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2));
    }
};
