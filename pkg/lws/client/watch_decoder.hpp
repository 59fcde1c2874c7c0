// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {

enum class WatchEventType { added, modified, deleted, bookmark, error };

// One watch event (metav1.WatchEvent). `object` of `error` is a metav1.Status.
struct WatchEvent {
    WatchEventType type{WatchEventType::error};
    json::Document document;

    WatchEvent() = default;
    WatchEvent(WatchEventType t, json::Document d) : type(t), document(std::move(d)) {}
    [[nodiscard]] json::View object() const { return document.root()["object"]; }
};

// etcd stores objects up to 1.5 MiB by default and operators raise it; sixteen is beyond any.
inline constexpr std::size_t kMaxWatchEventBytes = std::size_t{16} * 1024 * 1024;

// Bytes of a watch response, cut anywhere, into events: the API server writes one JSON text a line.
// After an error the stream is useless and must be closed.
class WatchDecoder {
public:
    explicit WatchDecoder(std::size_t max_event_bytes = kMaxWatchEventBytes)
        : max_event_bytes_(max_event_bytes) {}

    void feed(std::string_view bytes) { buffer_.append(bytes); }

    // The next whole event; nothing when more bytes are needed. too_large: a line over the limit;
    // invalid_input: not a watch event.
    [[nodiscard]] Result<std::optional<WatchEvent>> next();

    // Bytes of an unfinished event are waiting: the stream must not end here.
    [[nodiscard]] bool mid_event() const { return buffer_.size() > start_; }

private:
    void drop_consumed();

    std::size_t max_event_bytes_;
    std::string buffer_;
    std::size_t start_ = 0;    // first byte not yet consumed
    std::size_t scanned_ = 0;  // no newline in [start_, scanned_)
};

}  // namespace lws::client
