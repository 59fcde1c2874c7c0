// SPDX-License-Identifier: Apache-2.0
#include "controller/testing/api_path.hpp"

#include <cstddef>
#include <vector>

namespace lws::controller::testing {
namespace {

std::string decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            out.push_back(
                static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16))
            );
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const auto end = text.find(separator);
        if (end != 0) out.push_back(text.substr(0, end));
        text = end == std::string_view::npos ? "" : text.substr(end + 1);
    }
    return out;
}

}  // namespace

std::string ApiPath::query_value(std::string_view key) const {
    const auto found = query.find(key);
    return found == query.end() ? "" : found->second;
}

ApiPath parse_api_path(std::string_view target) {
    ApiPath out;
    const auto mark = target.find('?');
    if (mark != std::string_view::npos) {
        for (const std::string_view pair : split(target.substr(mark + 1), '&')) {
            const auto equals = pair.find('=');
            if (equals == std::string_view::npos) continue;
            out.query.emplace(decode(pair.substr(0, equals)), decode(pair.substr(equals + 1)));
        }
    }
    const auto parts = split(target.substr(0, mark), '/');
    // /api/<version>/... or /apis/<group>/<version>/...
    std::size_t at = !parts.empty() && parts[0] == "api" ? 2 : 3;
    if (at + 1 < parts.size() && parts[at] == "namespaces") {
        out.id.ns = decode(parts[at + 1]);
        at += 2;
    }
    if (at < parts.size()) out.id.resource = decode(parts[at]);
    if (at + 1 < parts.size()) out.id.name = decode(parts[at + 1]);
    if (at + 2 < parts.size()) out.subresource = decode(parts[at + 2]);
    if (kind_of(out.id.resource).kind.empty()) out.id.resource.clear();
    return out;
}

}  // namespace lws::controller::testing
