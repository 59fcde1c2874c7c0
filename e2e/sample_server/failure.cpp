// SPDX-License-Identifier: Apache-2.0
#include "e2e/sample_server/failure.hpp"

#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>

namespace lws::sample {

Result<void> fail_process(std::int64_t pid) {
    const auto name = "process " + std::to_string(pid);
    std::error_code error;
    const auto program = std::filesystem::path("/proc") / std::to_string(pid) / "exe";
    const bool same = std::filesystem::equivalent(program, "/proc/self/exe", error);
    if (error) {
        return Error(ErrorCode::not_found, name + ": " + error.message());
    }
    if (!same) {
        return Error(ErrorCode::invalid_input, name + " is not a sample server");
    }
    if (kill(static_cast<pid_t>(pid), SIGUSR1) != 0) {
        return Error(ErrorCode::forbidden, name + ": cannot be signalled");
    }
    return {};
}

}  // namespace lws::sample
