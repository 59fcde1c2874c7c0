// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/response_head.hpp"

#include <array>
#include <charconv>

namespace lws::http {
namespace {

void append_number(std::string& out, std::size_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 413:
            return "Content Too Large";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        default:
            return "Status";
    }
}

void append_head(std::string& out, const Response& response, const HeadOptions& options) {
    out.append("HTTP/1.1 ");
    append_number(out, response.status);
    out.append(" ").append(reason_phrase(response.status)).append("\r\n");
    if (!options.date.empty()) {
        append_field(out, "Date", options.date);
    }
    append_field(out, "Content-Type", response.content_type);
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
    if (options.persistence == Persistence::close) {
        append_field(out, "Connection", "close");
    }
    if (!options.allow.empty()) {
        append_field(out, "Allow", options.allow);
    }
    if (response.retry_after > 0) {
        out.append("Retry-After: ");
        append_number(out, response.retry_after);
        out.append("\r\n");
    }
    out.append("\r\n");
}

}  // namespace lws::http
