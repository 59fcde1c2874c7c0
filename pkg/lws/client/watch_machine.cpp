// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/client/watch_machine.hpp"

#include <utility>

namespace lws::client {
namespace {

WatchActionKind action_of(WatchPhase phase) {
    switch (phase) {
        case WatchPhase::opening_stream:
        case WatchPhase::opening:
            return WatchActionKind::open;
        case WatchPhase::streaming:
        case WatchPhase::watching:
            return WatchActionKind::read;
        case WatchPhase::waiting_to_list:
        case WatchPhase::waiting_to_watch:
            return WatchActionKind::wait;
        case WatchPhase::idle:
        case WatchPhase::listing:
            break;
    }
    return WatchActionKind::list;
}

// One transition; the members are what the free functions below share.
struct Transition {
    WatchStep out;
    const BackoffLimits& limits;
    double random;

    void go(WatchPhase phase) {
        out.state.phase = phase;
        out.action = {action_of(phase), std::chrono::milliseconds(0)};
    }

    void signal(WatchSignalKind kind, json::View object = {}) {
        out.signals.push_back({kind, object});
    }

    void list_from_start() {
        out.state.continue_token.clear();
        out.state.resource_version.clear();
        const bool stream = out.state.streams && !out.state.stream_failed;
        go(stream ? WatchPhase::opening_stream : WatchPhase::listing);
    }

    void list_is_complete(std::string_view version, WatchPhase next) {
        signal(WatchSignalKind::init_done);
        out.state.continue_token.clear();
        out.state.resource_version = version;
        out.state.stream_failed = false;
        go(next);
    }

    void wait_then(WatchPhase phase) {
        const auto delay = backoff_delay(limits, out.state.failures, random);
        ++out.state.failures;
        out.state.phase = phase;
        out.action = {WatchActionKind::wait, delay};
    }

    // The list is lost: at once the first time, with a growing pause if it happens again without
    // progress between.
    void relist() {
        if (out.state.failures > 0) return wait_then(WatchPhase::waiting_to_list);
        ++out.state.failures;
        list_from_start();
    }

    void on_opened() {
        if (out.state.phase == WatchPhase::opening) return go(WatchPhase::watching);
        signal(WatchSignalKind::init);
        go(WatchPhase::streaming);
    }

    void on_page(json::View list);
    void on_list_failed(const Error& error);
    void on_event(const watch_input::Event& event);
    void on_initial_event(const watch_input::Event& event, std::string_view version);
    void on_error_event(json::View status);
    void on_stream_failed(const Error& error);
    void on_watch_failed(const Error& error);
    void on_ended(std::chrono::milliseconds lived);
    void on_timer();
};

void Transition::on_page(json::View list) {
    const json::View meta = list["metadata"];
    const std::string_view version = meta["resourceVersion"].string_or("");
    // `items` is null in a list of nothing that Go encoded from a nil slice.
    const json::View items = list["items"];
    if (version.empty() || !(items.is_array() || items.absent_or_null())) {
        return on_list_failed(
            Error(ErrorCode::internal, "list: no items or no metadata.resourceVersion")
        );
    }
    out.signals.reserve(items.size() + 2);
    if (out.state.continue_token.empty()) signal(WatchSignalKind::init);
    for (const json::View item : items.items()) signal(WatchSignalKind::init_apply, item);
    const std::string_view next = meta["continue"].string_or("");
    if (!next.empty()) {
        out.state.continue_token = next;
        return go(WatchPhase::listing);
    }
    list_is_complete(version, WatchPhase::opening);
}

void Transition::on_list_failed(const Error& error) {
    const bool token_expired = error.code == ErrorCode::gone && !out.state.continue_token.empty();
    if (token_expired) return relist();
    out.problem = error.message;
    out.state.continue_token.clear();
    wait_then(WatchPhase::waiting_to_list);
}

void Transition::on_event(const watch_input::Event& event) {
    if (event.type == WatchEventType::error) return on_error_event(event.object);
    const std::string_view version = event.object["metadata"]["resourceVersion"].string_or("");
    if (version.empty()) {
        return on_watch_failed(
            Error(ErrorCode::invalid_input, "watch event: no metadata.resourceVersion")
        );
    }
    if (out.state.phase == WatchPhase::streaming) return on_initial_event(event, version);
    out.state.resource_version = version;
    out.state.failures = 0;
    if (event.type == WatchEventType::deleted) {
        signal(WatchSignalKind::deleted, event.object);
    } else if (event.type != WatchEventType::bookmark) {
        signal(WatchSignalKind::apply, event.object);
    }
    go(WatchPhase::watching);
}

// Changes that happen while the list is sent come amid it.
void Transition::on_initial_event(const watch_input::Event& event, std::string_view version) {
    if (event.type == WatchEventType::bookmark) {
        const json::View end = event.object["metadata"]["annotations"][kInitialEventsEnd];
        if (end.string() == "true") return list_is_complete(version, WatchPhase::watching);
    } else if (event.type == WatchEventType::deleted) {
        signal(WatchSignalKind::deleted, event.object);
    } else {
        signal(WatchSignalKind::init_apply, event.object);
    }
    go(WatchPhase::streaming);
}

void Transition::on_error_event(json::View status) {
    // client-go reads both: `Expired` comes with 410, and so does `Gone`.
    const std::string_view reason = status["reason"].string_or("");
    const bool gone = status["code"].int64_or(0) == 410 || reason == "Expired" || reason == "Gone";
    std::string text = "watch: ";
    text.append(status["message"].string_or("error without a message"));
    on_watch_failed(Error(gone ? ErrorCode::gone : ErrorCode::unavailable, std::move(text)));
}

// Before the end of the list: there is no version to watch from.
void Transition::on_stream_failed(const Error& error) {
    const bool opening = out.state.phase == WatchPhase::opening_stream;
    // What a server says that does not know such streams: 422 (Invalid) for resourceVersionMatch or
    // sendInitialEvents of a watch, a proxy before it perhaps 400.
    if (opening &&
        (error.code == ErrorCode::invalid_input || error.code == ErrorCode::unprocessable)) {
        out.state.streams = false;
        return list_from_start();
    }
    if (error.code == ErrorCode::gone) return relist();
    // That no connection could be made says nothing about streams.
    out.state.stream_failed = !opening;
    out.problem = error.message;
    wait_then(WatchPhase::waiting_to_list);
}

void Transition::on_watch_failed(const Error& error) {
    const bool initial =
        out.state.phase == WatchPhase::opening_stream || out.state.phase == WatchPhase::streaming;
    if (initial) return on_stream_failed(error);
    if (error.code == ErrorCode::gone) return relist();
    out.problem = error.message;
    // Bytes that make no sense would come again from the same resourceVersion.
    const bool senseless = error.code == ErrorCode::invalid_input ||
                           error.code == ErrorCode::too_large || error.code == ErrorCode::internal;
    if (senseless) {
        out.state.resource_version.clear();
        return wait_then(WatchPhase::waiting_to_list);
    }
    wait_then(WatchPhase::waiting_to_watch);
}

void Transition::on_ended(std::chrono::milliseconds lived) {
    if (out.state.phase == WatchPhase::streaming) {
        return on_stream_failed(
            Error(ErrorCode::unavailable, "watch: ended before the list was complete")
        );
    }
    if (lived < kShortWatch) return wait_then(WatchPhase::waiting_to_watch);
    out.state.failures = 0;
    go(WatchPhase::opening);
}

void Transition::on_timer() {
    if (out.state.phase == WatchPhase::waiting_to_list) return list_from_start();
    go(WatchPhase::opening);
}

// Whether `input` can happen in `phase`.
bool fits(WatchPhase phase, const WatchInput& input) {
    using namespace watch_input;
    switch (phase) {
        case WatchPhase::idle:
            return std::holds_alternative<Start>(input);
        case WatchPhase::listing:
            return std::holds_alternative<Page>(input) || std::holds_alternative<ListFailed>(input);
        case WatchPhase::opening_stream:
        case WatchPhase::opening:
            return std::holds_alternative<Opened>(input) ||
                   std::holds_alternative<WatchFailed>(input);
        case WatchPhase::streaming:
        case WatchPhase::watching:
            return std::holds_alternative<Event>(input) ||
                   std::holds_alternative<WatchFailed>(input) ||
                   std::holds_alternative<Ended>(input);
        case WatchPhase::waiting_to_list:
        case WatchPhase::waiting_to_watch:
            return std::holds_alternative<TimerFired>(input);
    }
    return false;
}

}  // namespace

WatchStep step(
    WatchState state, const WatchInput& input, const BackoffLimits& limits, double random
) {
    const WatchPhase phase = state.phase;
    Transition t{WatchStep{std::move(state), {}, {}, {}}, limits, random};
    if (!fits(phase, input)) {
        t.out.action = {action_of(phase), std::chrono::milliseconds(0)};
        return std::move(t.out);
    }
    if (std::holds_alternative<watch_input::Start>(input)) t.list_from_start();
    if (const auto* page = std::get_if<watch_input::Page>(&input)) t.on_page(page->list);
    if (const auto* failed = std::get_if<watch_input::ListFailed>(&input)) {
        t.on_list_failed(failed->error);
    }
    if (std::holds_alternative<watch_input::Opened>(input)) t.on_opened();
    if (const auto* event = std::get_if<watch_input::Event>(&input)) t.on_event(*event);
    if (const auto* failed = std::get_if<watch_input::WatchFailed>(&input)) {
        t.on_watch_failed(failed->error);
    }
    if (const auto* ended = std::get_if<watch_input::Ended>(&input)) t.on_ended(ended->lived);
    if (std::holds_alternative<watch_input::TimerFired>(input)) t.on_timer();
    return std::move(t.out);
}

}  // namespace lws::client
