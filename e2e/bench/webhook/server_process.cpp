// SPDX-License-Identifier: Apache-2.0
#include "e2e/bench/webhook/server_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace lws::bench {
namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::uint64_t number_at(std::string_view text, std::string_view what) {
    const std::size_t begin = text.find_first_not_of(" \t");
    std::uint64_t number = 0;
    if (begin != std::string_view::npos) {
        const auto [end, error] =
            std::from_chars(text.data() + begin, text.data() + text.size(), number);
        if (error == std::errc()) {
            return number;
        }
    }
    throw std::runtime_error("no number for " + std::string(what) + " in /proc");
}

std::uint64_t bytes_after(std::string_view text, std::string_view name) {
    const std::size_t found = text.find(name);
    if (found == std::string_view::npos) {
        throw std::runtime_error("no " + std::string(name) + " in /proc: has the server ended?");
    }
    return number_at(text.substr(found + name.size()), name) * 1024;
}

}  // namespace

Memory parse_status(std::string_view text) {
    return {bytes_after(text, "VmRSS:"), bytes_after(text, "VmHWM:")};
}

std::chrono::nanoseconds parse_schedstat(std::string_view text) {
    return std::chrono::nanoseconds(number_at(text, "schedstat"));
}

ServerProcess::ServerProcess(int pid, const std::filesystem::path& heap_count)
    : folder_("/proc/" + std::to_string(pid)) {
    static_cast<void>(memory());  // throws when there is no such process
    if (heap_count.empty()) {
        return;
    }
    const int file = ::open(heap_count.c_str(), O_RDONLY | O_CLOEXEC);
    void* const mapped =
        file < 0 ? MAP_FAILED
                 : ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) {
        ::close(file);
    }
    if (mapped == MAP_FAILED) {
        throw std::runtime_error("cannot map " + heap_count.string());
    }
    heap_count_ = static_cast<const volatile std::uint64_t*>(mapped);
}

ServerProcess::~ServerProcess() {
    if (heap_count_ != nullptr) {
        ::munmap(const_cast<std::uint64_t*>(heap_count_), sizeof(std::uint64_t));
    }
}

std::chrono::nanoseconds ServerProcess::cpu() const {
    std::chrono::nanoseconds sum{0};
    for (const auto& thread : std::filesystem::directory_iterator(folder_ / "task")) {
        sum += parse_schedstat(read_file(thread.path() / "schedstat"));
    }
    return sum;
}

Memory ServerProcess::memory() const {
    return parse_status(read_file(folder_ / "status"));
}

std::optional<std::uint64_t> ServerProcess::heap_calls() const {
    return heap_count_ == nullptr ? std::nullopt : std::optional<std::uint64_t>(*heap_count_);
}

}  // namespace lws::bench
