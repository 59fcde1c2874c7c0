// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pkg/lws/rules/groups/event.hpp"

namespace lws::rules {

enum class EventRequestKind { create, patch };

// One API request; a patch is application/merge-patch+json on the event of that name. A patch
// answered by 404 (events expire after an hour) is dropped by the sender.
struct EventRequest {
    EventRequestKind kind = EventRequestKind::create;
    std::string namespace_;
    std::string name;
    std::string body;
};

// Makes a series of repeats of one event (same object, reason, action, type and note): the first
// is created, the second patches `series` in, later ones are counted here and written when
// kRefresh has passed, so that a failing pass which repeats every second costs two requests in six
// minutes. As client-go's tools/events broadcaster does. One thread; the caller gives the time.
class EventSeries {
public:
    static constexpr std::chrono::minutes kRefresh{6};
    // Repeats after a longer pause begin a new event.
    static constexpr std::chrono::minutes kForget{12};
    // Beyond this many different events the oldest are forgotten.
    static constexpr std::size_t kMaxRemembered = 4096;

    explicit EventSeries(std::string reporting_instance);

    // None, or the request to send now.
    [[nodiscard]] std::vector<EventRequest> record(const Event& event, MicroTime now);
    // Counts that waited; call every minute or so.
    [[nodiscard]] std::vector<EventRequest> flush(MicroTime now);
    [[nodiscard]] std::size_t remembered() const { return seen_.size(); }

private:
    struct Seen {
        std::string namespace_;
        std::string name;
        std::uint32_t count = 1;
        std::uint32_t written = 1;
        MicroTime last;
        MicroTime last_written;
    };
    void make_room();

    std::string instance_;
    unsigned serial_ = 0;
    // By a hash of what makes two events one series: thousands of texts would be megabytes. Two
    // that have one hash by chance, one pair in 10^19, would be counted as repeats.
    std::unordered_map<std::uint64_t, Seen> seen_;
};

}  // namespace lws::rules
