// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/event_series.hpp"

#include <algorithm>
#include <utility>

#include "pkg/lws/json/writer.hpp"

namespace lws::rules {
namespace {

std::uint64_t key_of(const Event& event) {
    std::string key;
    const auto add = [&key](std::string_view part) { key.append(part).push_back('\0'); };
    add(event.type == EventType::warning ? "W" : "N");
    add(event.reason);
    add(event.action);
    add(event.regarding.kind);
    add(event.regarding.namespace_);
    add(event.regarding.name);
    add(event.regarding.uid);
    add(event.related ? event.related->uid : std::string());
    add(cut_note(event.note));
    return k8s::hash_text(key);
}

std::string make_series_patch(std::uint32_t count, MicroTime last) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object().key("series").begin_object();
    writer.member("count", count).member("lastObservedTime", k8s::format_micro_time(last));
    writer.end_object().end_object();
    return body;
}

}  // namespace

EventSeries::EventSeries(std::string reporting_instance)
    : instance_(std::move(reporting_instance)) {}

std::vector<EventRequest> EventSeries::record(const Event& event, MicroTime now) {
    auto [at, added] = seen_.try_emplace(key_of(event));
    Seen& seen = at->second;
    if (added || now - seen.last > kForget) {
        seen = Seen{event.regarding.namespace_, event_name(event, now, serial_++), 1, 1, now, now};
        EventRequest request{
            EventRequestKind::create,
            seen.namespace_,
            seen.name,
            make_event_body(event, seen.name, instance_, now)
        };
        make_room();
        return {std::move(request)};
    }
    ++seen.count;
    seen.last = now;
    const bool due = seen.count == 2 || now - seen.last_written >= kRefresh;
    if (!due) {
        return {};
    }
    seen.written = seen.count;
    seen.last_written = now;
    return {
        {EventRequestKind::patch, seen.namespace_, seen.name, make_series_patch(seen.count, now)}
    };
}

std::vector<EventRequest> EventSeries::flush(MicroTime now) {
    std::vector<EventRequest> requests;
    for (auto at = seen_.begin(); at != seen_.end();) {
        Seen& seen = at->second;
        if (seen.written < seen.count && now - seen.last_written >= kRefresh) {
            seen.written = seen.count;
            seen.last_written = now;
            requests.push_back(
                {EventRequestKind::patch,
                 seen.namespace_,
                 seen.name,
                 make_series_patch(seen.count, seen.last)}
            );
        }
        const bool over = now - seen.last > kForget;
        at = over ? seen_.erase(at) : std::next(at);
    }
    return requests;
}

// Drops the half that was seen longest ago, so that the cost is spread over many events.
void EventSeries::make_room() {
    if (seen_.size() <= kMaxRemembered) {
        return;
    }
    std::vector<MicroTime> times;
    times.reserve(seen_.size());
    for (const auto& [key, seen] : seen_) {
        times.push_back(seen.last);
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    const MicroTime limit = *middle;
    std::erase_if(seen_, [limit](const auto& entry) { return entry.second.last < limit; });
    // All at one moment: nothing to choose by.
    if (seen_.size() > kMaxRemembered) {
        seen_.clear();
    }
}

}  // namespace lws::rules
