// SPDX-License-Identifier: Apache-2.0
// events.k8s.io/v1 Events as values: rules make them, the reconcilers send them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/k8s/meta.hpp"

namespace lws::rules {

enum class EventType { normal, warning };

inline constexpr std::string_view kReportingController = "leaderworkerset";
// The API server refuses longer notes (k8s.io/kubernetes pkg/apis/core/validation/events.go).
inline constexpr std::size_t kMaxNoteBytes = 1024;
// In the note of an on_failure event; with_error() replaces it.
inline constexpr std::string_view kErrorPlaceholder =
    "\x01"
    "ERR";

struct Event {
    EventType type = EventType::normal;
    std::string reason;
    std::string action;
    std::string note;
    k8s::ObjectReference regarding;
    std::optional<k8s::ObjectReference> related;

    friend bool operator==(const Event&, const Event&) = default;
};

using MicroTime = std::chrono::sys_time<std::chrono::microseconds>;

// The same event with the text of the error in its note.
[[nodiscard]] Event with_error(Event event, std::string_view error);

// At most kMaxNoteBytes, cut between UTF-8 characters.
[[nodiscard]] std::string_view cut_note(std::string_view note);

// Body of POST /apis/events.k8s.io/v1/namespaces/<regarding.namespace>/events.
// `instance` is `leaderworkerset-<host name>`; `name` comes from event_name().
[[nodiscard]] std::string make_event_body(
    const Event& event, std::string_view name, std::string_view instance, MicroTime time
);

// `<object name>.<hex nanoseconds>`, at most 253 bytes. Unique as long as no two events about one
// object share a microsecond; `serial` breaks such ties.
[[nodiscard]] std::string event_name(const Event& event, MicroTime time, unsigned serial);

}  // namespace lws::rules
