// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
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

std::string_view FieldError::text(Arena& arena) const {
    constexpr std::string_view kSeparator = ": ";
    const bool has_value = shows_value(type);
    return join(
        arena,
        {path,
         kSeparator,
         type_text(type),
         has_value ? kSeparator : "",
         has_value ? value : "",
         detail.empty() ? "" : kSeparator,
         detail}
    );
}

std::string_view format_errors(const std::pmr::vector<FieldError>& errors, Arena& arena) {
    std::pmr::unordered_set<std::string_view> seen(&arena);
    std::pmr::vector<std::string_view> texts(&arena);
    texts.reserve(errors.size());
    std::size_t bytes = 0;
    for (const FieldError& error : errors) {
        const auto [text, is_new] = seen.insert(error.text(arena));
        if (is_new) {
            texts.push_back(*text);
            bytes += text->size() + 2;  // what separates, or the two brackets
        }
    }
    if (texts.size() <= 1) {
        return texts.empty() ? std::string_view() : texts.front();
    }
    char* const joined = arena.array<char>(bytes);
    char* end = joined;
    const auto append = [&end](std::string_view part) {
        end = std::copy(part.begin(), part.end(), end);
    };
    for (const std::string_view text : texts) {
        append(end == joined ? "[" : ", ");
        append(text);
    }
    append("]");
    return {joined, bytes};
}

}  // namespace lws::api
