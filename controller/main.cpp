// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "controller/program.hpp"
#include "pkg/lws/client/credentials.hpp"
#include "pkg/lws/config/options.hpp"
#include "pkg/lws/config/read_file.hpp"
#include "pkg/lws/support/log.hpp"

namespace {

int leave(const lws::config::ExitRequest& request) {
    std::fprintf(request.code == 0 ? stdout : stderr, "%s\n", request.text.c_str());
    return request.code;
}

spdlog::level::level_enum level_of(lws::config::LogLevel level) {
    switch (level) {
        case lws::config::LogLevel::error:
            return spdlog::level::err;
        case lws::config::LogLevel::debug:
            return spdlog::level::debug;
        case lws::config::LogLevel::info:
            break;
    }
    return spdlog::level::info;
}

}  // namespace

int main(int argc, char** argv) {
    // One arena is enough for one thread, and a write to a closed socket is an error, not a signal.
    mallopt(M_ARENA_MAX, 1);
    std::signal(SIGPIPE, SIG_IGN);

    const lws::config::ProgramInfo info{
        "lws-controller", "Keeps the groups of LeaderWorkerSets: membership, restarts, rollouts."
    };
    const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    auto read = lws::config::read_options(info, arguments, lws::config::read_file);
    if (const auto* exit_request = std::get_if<lws::config::ExitRequest>(&read)) {
        return leave(*exit_request);
    }
    auto& options = std::get<lws::config::Options>(read);

    auto settings = lws::client::find_settings(options.kubeconfig);
    if (settings.has_error()) {
        return leave({2, "lws-controller: " + settings.error().message});
    }
    const auto level = level_of(options.log.level);
    const auto format = options.log.encoder == lws::config::LogEncoder::json
                            ? lws::LogFormat::json
                            : lws::LogFormat::console;
    lws::controller::Program program(
        std::move(options), std::move(*settings), lws::make_logger("lws-controller", format, level)
    );
    return program.run();
}
