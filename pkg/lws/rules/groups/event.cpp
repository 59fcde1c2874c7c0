// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/event.hpp"

#include <array>
#include <cstdio>

#include "pkg/lws/json/writer.hpp"

namespace lws::rules {
namespace {

void write_reference(json::Writer& writer, const k8s::ObjectReference& reference) {
    writer.begin_object();
    const auto write = [&writer](std::string_view key, const std::string& value) {
        if (!value.empty()) {
            writer.member(key, value);
        }
    };
    write("apiVersion", reference.api_version);
    write("kind", reference.kind);
    write("namespace", reference.namespace_);
    write("name", reference.name);
    write("uid", reference.uid);
    write("resourceVersion", reference.resource_version);
    writer.end_object();
}

std::string_view text_of(EventType type) {
    return type == EventType::warning ? "Warning" : "Normal";
}

}  // namespace

Event with_error(Event event, std::string_view error) {
    const auto at = event.note.find(kErrorPlaceholder);
    if (at != std::string::npos) {
        event.note.replace(at, kErrorPlaceholder.size(), error);
    }
    return event;
}

std::string_view cut_note(std::string_view note) {
    if (note.size() <= kMaxNoteBytes) {
        return note;
    }
    std::size_t end = kMaxNoteBytes;
    // Continuation bytes are 10xxxxxx: go back to the first byte of the character that is cut.
    while (end > 0 && (static_cast<unsigned char>(note[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return note.substr(0, end);
}

std::string make_event_body(
    const Event& event, std::string_view name, std::string_view instance, MicroTime time
) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    writer.member("apiVersion", "events.k8s.io/v1").member("kind", "Event");
    writer.key("metadata").begin_object();
    writer.member("name", name).member("namespace", event.regarding.namespace_);
    writer.end_object();
    writer.member("eventTime", k8s::format_micro_time(time));
    writer.member("reportingController", kReportingController);
    writer.member("reportingInstance", instance);
    writer.member("action", event.action).member("reason", event.reason);
    writer.key("regarding");
    write_reference(writer, event.regarding);
    if (event.related) {
        writer.key("related");
        write_reference(writer, *event.related);
    }
    writer.member("note", cut_note(event.note)).member("type", text_of(event.type));
    writer.end_object();
    return body;
}

std::string event_name(const Event& event, MicroTime time, unsigned serial) {
    constexpr std::size_t kMaxObjectName = 253;
    std::array<char, 24> suffix{};
    const auto nanoseconds =
        static_cast<unsigned long long>(time.time_since_epoch().count()) * 1000ULL + serial % 1000U;
    const int written = std::snprintf(suffix.data(), suffix.size(), ".%llx", nanoseconds);
    const std::string_view tail(suffix.data(), written > 0 ? static_cast<std::size_t>(written) : 0);
    return event.regarding.name.substr(0, kMaxObjectName - tail.size()).append(tail);
}

}  // namespace lws::rules
