// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkg/lws/config/options.hpp"

namespace lws::webhook {

// The whole program: serves until SIGTERM (drains: answers on until the API server has let go of
// its connections) or SIGINT (finishes what is running); a second signal ends it at once. Gives the
// exit code: 0 after a signal, 1 when a port cannot be had, 2 when it cannot work as configured.
//
// One control thread (signals, probes, metrics, certificates) and the review threads.
[[nodiscard]] int run(const config::Options& options);

}  // namespace lws::webhook
