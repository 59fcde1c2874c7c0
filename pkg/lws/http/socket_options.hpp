// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "pkg/lws/http/executor.hpp"

namespace lws::http {

// A peer that vanished (a node that died, a firewall that forgot) says nothing more. The kernel
// asks it after kAskAfter of silence and gives it up kGiveUpAfter later, long before the idle
// deadline: a draining process must not wait for the dead.
inline constexpr std::chrono::seconds kAskAfter{15};
inline constexpr std::chrono::seconds kGiveUpAfter{15};

// Of every accepted connection. The socket waits for nothing: its calls return `would_block`.
void set_connection_options(Socket& socket);

}  // namespace lws::http
