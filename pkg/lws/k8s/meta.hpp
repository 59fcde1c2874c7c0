// SPDX-License-Identifier: Apache-2.0
// What every reader of this folder shares. A reader is total: any JSON value gives a struct or an
// Error{invalid_input} that names the path. Absent and null members are alike.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/k8s/object_key.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::k8s {

// Kubernetes stores whole seconds in creationTimestamp, deletionTimestamp and condition times.
using Seconds = std::chrono::sys_seconds;

// The owner reference with `controller: true`; at most one exists.
struct Owner {
    std::string kind;
    std::string name;
    std::string uid;

    friend bool operator==(const Owner&, const Owner&) = default;
};

// core/v1 ObjectReference, as events carry it. Empty members are left out when written.
struct ObjectReference {
    std::string api_version;
    std::string kind;
    std::string namespace_;
    std::string name;
    std::string uid;
    std::string resource_version;

    friend bool operator==(const ObjectReference&, const ObjectReference&) = default;
};

// metadata.namespace and metadata.name; the name must be there.
[[nodiscard]] Result<ObjectKey> read_object_key(json::View object);

[[nodiscard]] std::optional<Owner> read_controller_owner(json::View object);

// `fallback` when absent, no integer or beyond 32 bits.
[[nodiscard]] std::int32_t int32_or(json::View value, std::int32_t fallback);

// Empty when absent or no string.
[[nodiscard]] std::string_view label(json::View object, std::string_view key);
[[nodiscard]] std::string_view annotation(json::View object, std::string_view key);
[[nodiscard]] bool has_label(json::View object, std::string_view key);
[[nodiscard]] bool has_annotation(json::View object, std::string_view key);

// RFC 3339 with a `Z` or an offset; fractions of a second are cut.
[[nodiscard]] std::optional<Seconds> parse_time(std::string_view text);
// `2006-01-02T15:04:05Z`
[[nodiscard]] std::string format_time(Seconds time);
// `2006-01-02T15:04:05.000000Z`, what metav1.MicroTime prints.
[[nodiscard]] std::string format_micro_time(std::chrono::sys_time<std::chrono::microseconds> time);

// `key=value,key=value` in key order, what metav1.FormatLabelSelector prints for matchLabels.
// Expressions are appended as JSON, so that a selector with any never equals one without.
[[nodiscard]] std::string selector_text(json::View label_selector);

// FNV-1a over 64 bits: not for untrusted collisions, only to notice change.
[[nodiscard]] std::uint64_t hash_text(
    std::string_view text, std::uint64_t seed = 14695981039346656037ULL
);

}  // namespace lws::k8s
