// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/watch_decoder.hpp"

#include <utility>

namespace lws::client {
namespace {

// Above this an emptied buffer is given back: one huge event must not stay resident.
constexpr std::size_t kKeptCapacity = std::size_t{64} * 1024;

std::optional<WatchEventType> read_type(std::string_view text) {
    if (text == "ADDED") return WatchEventType::added;
    if (text == "MODIFIED") return WatchEventType::modified;
    if (text == "DELETED") return WatchEventType::deleted;
    if (text == "BOOKMARK") return WatchEventType::bookmark;
    if (text == "ERROR") return WatchEventType::error;
    return std::nullopt;
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == line.npos;
}

Result<WatchEvent> parse_event(std::string_view line, std::size_t max_bytes) {
    json::ParseLimits limits;
    limits.max_bytes = max_bytes;
    auto document = json::parse(std::string(line), limits);
    if (!document) return Error(document.error().code, "watch event: " + document.error().message);
    const json::View root = document->root();
    const auto type = read_type(root["type"].string_or(""));
    if (!type) return Error(ErrorCode::invalid_input, "watch event: unknown or missing type");
    if (!root["object"].is_object()) {
        return Error(ErrorCode::invalid_input, "watch event: object is missing");
    }
    return WatchEvent(*type, std::move(*document));
}

}  // namespace

Result<std::optional<WatchEvent>> WatchDecoder::next() {
    while (true) {
        const std::size_t newline = buffer_.find('\n', scanned_);
        const std::size_t end = newline == std::string::npos ? buffer_.size() : newline;
        if (end - start_ > max_event_bytes_) {
            return Error(
                ErrorCode::too_large,
                "watch event: over " + std::to_string(max_event_bytes_) + " bytes"
            );
        }
        if (newline == std::string::npos) {
            drop_consumed();
            return std::optional<WatchEvent>();
        }
        const std::string_view line = std::string_view(buffer_).substr(start_, newline - start_);
        start_ = newline + 1;
        scanned_ = start_;
        if (is_blank(line)) continue;
        auto event = parse_event(line, max_event_bytes_);
        if (!event) return std::move(event).error();
        return std::optional<WatchEvent>(std::move(*event));
    }
}

void WatchDecoder::drop_consumed() {
    buffer_.erase(0, start_);
    start_ = 0;
    scanned_ = buffer_.size();
    if (buffer_.empty() && buffer_.capacity() > kKeptCapacity) std::string().swap(buffer_);
}

}  // namespace lws::client
