// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace lws::bench {

struct Memory {
    std::uint64_t resident = 0;  // bytes, VmRSS
    std::uint64_t peak = 0;      // bytes, VmHWM
};

// Of the text of /proc/PID/status and of one thread's schedstat; std::runtime_error when they hold
// no such thing.
[[nodiscard]] Memory parse_status(std::string_view text);
[[nodiscard]] std::chrono::nanoseconds parse_schedstat(std::string_view text);

// A server on this machine as the kernel sees it from outside.
class ServerProcess {
public:
    // `heap_count` is what the process writes that runs with heap_count.so; may be empty.
    ServerProcess(int pid, const std::filesystem::path& heap_count);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    // Time on a processor of all threads that live now, to the nanosecond: /proc/PID/stat counts
    // ticks of 10 ms.
    [[nodiscard]] std::chrono::nanoseconds cpu() const;
    [[nodiscard]] Memory memory() const;
    // Calls of malloc and its kin since the start.
    [[nodiscard]] std::optional<std::uint64_t> heap_calls() const;

private:
    std::filesystem::path folder_;
    const volatile std::uint64_t* heap_count_ = nullptr;
};

}  // namespace lws::bench
