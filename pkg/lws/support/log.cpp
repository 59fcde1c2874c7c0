// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/support/log.hpp"

#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "pkg/lws/json/writer.hpp"

namespace lws {
namespace {

// spdlog's patterns cannot escape a message for JSON, and a message may quote untrusted input.
class JsonFormatter final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        spdlog::memory_buf_t time;
        time_.format(message, time);
        std::string line;
        json::Writer writer(line);
        writer.begin_object();
        writer.member("ts", std::string_view(time.data(), time.size()));
        const auto level = spdlog::level::to_string_view(message.level);
        writer.member("level", std::string_view(level.data(), level.size()));
        writer.member(
            "logger", std::string_view(message.logger_name.data(), message.logger_name.size())
        );
        writer.member("msg", std::string_view(message.payload.data(), message.payload.size()));
        writer.end_object();
        line.push_back('\n');
        out.append(line.data(), line.data() + line.size());
    }

    [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<JsonFormatter>();
    }

private:
    spdlog::pattern_formatter time_{"%Y-%m-%dT%H:%M:%S.%eZ", spdlog::pattern_time_type::utc, ""};
};

}  // namespace

std::unique_ptr<spdlog::formatter> make_json_formatter() {
    return std::make_unique<JsonFormatter>();
}

Logger make_logger(std::string_view name, LogFormat format, spdlog::level::level_enum level) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>(std::string(name), std::move(sink));
    logger->set_level(level);
    logger->flush_on(spdlog::level::trace);
    if (format == LogFormat::json) {
        logger->set_formatter(make_json_formatter());
    } else {
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %n  %v", spdlog::pattern_time_type::utc);
    }
    return logger;
}

Logger make_null_logger() {
    return std::make_shared<spdlog::logger>(
        "null", std::make_shared<spdlog::sinks::null_sink_mt>()
    );
}

}  // namespace lws
