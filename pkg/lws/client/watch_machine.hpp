// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pkg/lws/client/backoff.hpp"
#include "pkg/lws/client/watch_decoder.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {

// List, then watch from the list's resourceVersion, for ever: what to do next after each thing that
// happened, with no socket and no clock. The reflector performs the actions.
//
// The list comes as the first events of the watch where the server has that ("streaming lists",
// Kubernetes API concepts: neither side ever holds the whole list), else in pages. A server that
// refuses the request for such a stream is never asked for one again; one that accepts it and does
// not bring it to its end is asked for pages the next time.
enum class WatchPhase {
    idle,            // nothing sent yet
    opening_stream,  // the request for a list as events is on its way
    streaming,       // the events of the list are arriving
    listing,         // a page is on its way
    opening,         // the watch request is on its way
    watching,        // events are arriving
    waiting_to_list,
    waiting_to_watch,
};

struct WatchState {
    WatchPhase phase{WatchPhase::idle};
    std::string continue_token;    // of the page being fetched, empty for the first
    std::string resource_version;  // where to watch from, empty until a list is complete
    unsigned failures{0};          // in a row; reset by progress
    bool streams{true};            // false: refused, or not wanted
    bool stream_failed{false};     // so the next list comes in pages

    WatchState() = default;
};

namespace watch_input {
struct Start {};
// One page of the list, as the API server sent it.
struct Page {
    json::View list;
};
struct ListFailed {
    Error error;
};
struct Opened {};
struct Event {
    WatchEventType type;
    json::View object;
};
// The stream broke or could not be opened, or its bytes made no sense.
struct WatchFailed {
    Error error;
};
// The server ended it in good order.
struct Ended {
    std::chrono::milliseconds lived;
};
// The wait is over.
struct TimerFired {};
}  // namespace watch_input

using WatchInput = std::variant<
    watch_input::Start,
    watch_input::Page,
    watch_input::ListFailed,
    watch_input::Opened,
    watch_input::Event,
    watch_input::WatchFailed,
    watch_input::Ended,
    watch_input::TimerFired>;

enum class WatchSignalKind { init, init_apply, init_done, apply, deleted };

// For the sink; `object` points into the input.
struct WatchSignal {
    WatchSignalKind kind;
    json::View object;
};

enum class WatchActionKind {
    list,  // fetch the page of state.continue_token
    open,  // open a watch from state.resource_version; empty: one that begins with the list
    read,  // read the next event
    wait,  // sleep for `delay`
};

struct WatchAction {
    WatchActionKind kind{WatchActionKind::list};
    std::chrono::milliseconds delay{0};
};

struct WatchStep {
    WatchState state;
    WatchAction action;
    std::vector<WatchSignal> signals;
    // What a person should know (throttled by the caller); empty mostly.
    std::string problem;
};

// `random` in [0, 1] spreads the waits. An input that does not fit the phase is ignored: the action
// of the phase is repeated.
[[nodiscard]] WatchStep step(
    WatchState state, const WatchInput& input, const BackoffLimits& limits, double random
);

// A stream that ended in good order before this counts as a failure, else a server that closes at
// once would be asked again without pause (client-go calls it a "very short watch").
inline constexpr std::chrono::milliseconds kShortWatch{1000};

// On the bookmark that ends the events of a list, with the value `true`.
inline constexpr std::string_view kInitialEventsEnd = "k8s.io/initial-events-end";

}  // namespace lws::client
