// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/read_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace lws::config {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1024} * 1024;

Error failure(const std::string& path, int error) {
    const auto code = error == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
    return {code, path + ": " + std::strerror(error)};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
    if (!file) {
        return failure(path, errno);
    }
    std::string text;
    std::array<char, 4096> block{};
    while (std::feof(file.get()) == 0 && std::ferror(file.get()) == 0) {
        text.append(block.data(), std::fread(block.data(), 1, block.size(), file.get()));
        if (text.size() > kMaxBytes) {
            return Error(ErrorCode::too_large, path + ": larger than 1 MiB");
        }
    }
    if (std::ferror(file.get()) != 0) {
        return failure(path, errno);
    }
    return text;
}

}  // namespace lws::config
