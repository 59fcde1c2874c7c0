// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/formatter.h>
#include <spdlog/logger.h>

#include <memory>
#include <string_view>

namespace lws {

enum class LogFormat { json, console };

using Logger = std::shared_ptr<spdlog::logger>;

// A logger on standard error. JSON: one object a line with `ts` (RFC 3339, UTC), `level`, `logger`
// and `msg`, the keys that log pipelines set up for upstream read. Any thread may log.
[[nodiscard]] Logger make_logger(
    std::string_view name, LogFormat format, spdlog::level::level_enum level
);

// What makes the JSON lines; exposed for its test.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_json_formatter();

// Drops everything; for tests.
[[nodiscard]] Logger make_null_logger();

}  // namespace lws
