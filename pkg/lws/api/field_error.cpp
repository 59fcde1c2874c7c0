// SPDX-License-Identifier: Apache-2.0
#include <unordered_set>

#include "pkg/lws/api/validation.hpp"

namespace lws::api {
namespace {

std::string_view type_text(FieldError::Type type) {
    switch (type) {
        case FieldError::Type::invalid:
            return "Invalid value";
        case FieldError::Type::required:
            return "Required value";
        case FieldError::Type::not_supported:
            return "Unsupported value";
        case FieldError::Type::forbidden:
            return "Forbidden";
        case FieldError::Type::too_long:
            return "Too long";
    }
    return "Invalid value";
}

bool shows_value(FieldError::Type type) {
    return type == FieldError::Type::invalid || type == FieldError::Type::not_supported;
}

}  // namespace

std::string FieldError::text() const {
    std::string out = path;
    out += ": ";
    out += type_text(type);
    if (shows_value(type)) {
        out += ": " + value;
    }
    if (!detail.empty()) {
        out += ": " + detail;
    }
    return out;
}

std::string format_errors(const std::vector<FieldError>& errors) {
    std::unordered_set<std::string> seen;
    std::string joined;
    for (const FieldError& error : errors) {
        const auto [text, is_new] = seen.insert(error.text());
        if (is_new) {
            joined += joined.empty() ? "" : ", ";
            joined += *text;
        }
    }
    return seen.size() > 1 ? "[" + joined + "]" : joined;
}

}  // namespace lws::api
