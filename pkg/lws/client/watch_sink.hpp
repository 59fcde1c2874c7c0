// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "pkg/lws/json/view.hpp"

namespace lws::client {

// The whole contract of a watch, in five calls. A (re)list is init, init_apply for each object,
// init_done; an init may come again before init_done (the list was restarted). A list that comes as
// events may tell a later state of an object again, or its end: `deleted` between init and
// init_done means that the list lacks it. `version` is the resourceVersion that the list shows.
// Between lists: apply for added or modified, deleted with the last state. Views live only during
// the call. All calls come from the reflector's thread; they must not throw and must not stop the
// reflector.
struct WatchSink {
    virtual ~WatchSink() = default;
    virtual void init() = 0;
    virtual void init_apply(json::View object) = 0;
    virtual void init_done(std::string_view version) = 0;
    virtual void apply(json::View object) = 0;
    virtual void deleted(json::View object) = 0;
};

}  // namespace lws::client
