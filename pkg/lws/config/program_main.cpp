// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/program_main.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pkg/lws/config/read_file.hpp"
#include "pkg/lws/support/file_pages.hpp"

namespace lws::config {
namespace {

// By then the first connections are made and the first lists have come.
constexpr std::chrono::seconds kStartIsOver{10};

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            break;
    }
    return spdlog::level::info;
}

int leave(const ExitRequest& request) {
    std::fprintf(request.code == 0 ? stdout : stderr, "%s\n", request.text.c_str());
    return request.code;
}

}  // namespace

int program_main(
    const ProgramInfo& program, int argc, char** argv, const std::function<int(Options)>& run
) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        std::vector<std::string> arguments;
        for (int i = 1; i < argc; ++i) {
            arguments.emplace_back(argv[i]);
        }
        auto read = read_options(program, std::move(arguments), read_file);
        if (const auto* const request = std::get_if<ExitRequest>(&read)) {
            return leave(*request);
        }
        drop_file_pages_after(kStartIsOver).detach();
        return run(std::get<Options>(std::move(read)));
    } catch (const std::exception& exception) {
        return leave({1, program.name + ": " + exception.what()});
    }
}

int refuse_to_start(std::string_view program, std::string_view reason) {
    return leave({2, std::string(program) + ": " + std::string(reason)});
}

Logger make_program_logger(std::string_view name, const LogOptions& options) {
    const auto format = options.encoder == LogEncoder::json ? LogFormat::json : LogFormat::console;
    return make_logger(name, format, level_of(options.level));
}

}  // namespace lws::config
