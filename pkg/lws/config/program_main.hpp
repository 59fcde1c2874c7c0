// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "pkg/lws/config/options.hpp"
#include "pkg/lws/support/log.hpp"

namespace lws::config {

// What both programs do around their work: read flags and file, print version, help or one line
// about what is wrong, ignore SIGPIPE (a write to a closed socket is an error, not a signal), let
// go of the code that only the start needed, and turn an exception that escapes into exit code 1.
// `run` gives the exit code otherwise.
[[nodiscard]] int program_main(
    const ProgramInfo& program, int argc, char** argv, const std::function<int(Options)>& run
);

// One line on standard error, exit code 2: the program cannot work as configured.
[[nodiscard]] int refuse_to_start(std::string_view program, std::string_view reason);

[[nodiscard]] Logger make_program_logger(std::string_view name, const LogOptions& options);

}  // namespace lws::config
