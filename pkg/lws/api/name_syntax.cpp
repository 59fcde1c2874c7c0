// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/name_syntax.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace lws::api {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxSubdomain = 253;

constexpr std::string_view kDns1035Problem =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kDns1123Problem =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainProblem =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabelKeyProblem =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValueProblem =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_lower_or_digit(char c) {
    return is_lower(c) || (c >= '0' && c <= '9');
}
bool is_alphanumeric(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}
bool is_dns_character(char c) {
    return is_lower_or_digit(c) || c == '-';
}
bool is_label_character(char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

bool is_dns1123_label(std::string_view text) {
    return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
           std::all_of(text.begin(), text.end(), is_dns_character);
}

bool is_subdomain(std::string_view text) {
    std::size_t begin = 0;
    while (true) {
        const std::size_t dot = text.find('.', begin);
        if (!is_dns1123_label(text.substr(begin, dot - begin))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        begin = dot + 1;
    }
}

bool is_label_name(std::string_view text) {
    return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(), is_label_character);
}

// apimachinery has two wordings of one limit.
std::string_view limit(
    std::string_view part, std::size_t count, std::string_view unit, Arena& arena
) {
    return join(arena, {part, "must be no more than ", std::to_string(count), " ", unit});
}

void append_prefix_problems(std::string_view prefix, Problems& problems, Arena& arena) {
    constexpr std::string_view kPart = "prefix part ";
    if (prefix.empty()) {
        problems.push_back(join(arena, {kPart, "must be non-empty"}));
        return;
    }
    if (prefix.size() > kMaxSubdomain) {
        problems.push_back(limit(kPart, kMaxSubdomain, "bytes", arena));
    }
    if (!is_subdomain(prefix)) {
        problems.push_back(join(arena, {kPart, kSubdomainProblem}));
    }
}

}  // namespace

Problems dns1035_label_problems(std::string_view text, Arena& arena) {
    Problems problems;
    if (text.size() > kMaxLabel) {
        problems.push_back(limit("", kMaxLabel, "characters", arena));
    }
    if (!is_dns1123_label(text) || !is_lower(text.front())) {
        problems.emplace_back(kDns1035Problem);
    }
    return problems;
}

Problems dns1123_label_problems(std::string_view text, Arena& arena) {
    Problems problems;
    if (text.size() > kMaxLabel) {
        problems.push_back(limit("", kMaxLabel, "characters", arena));
    }
    if (!is_dns1123_label(text)) {
        problems.emplace_back(is_subdomain(text) ? "must not contain dots" : kDns1123Problem);
    }
    return problems;
}

Problems label_key_problems(std::string_view text, Arena& arena) {
    Problems problems;
    const std::size_t slash = text.find('/');
    if (slash != text.rfind('/')) {
        problems.push_back(join(
            arena,
            {"a valid label key ",
             kLabelKeyProblem,
             " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"}
        ));
        return problems;
    }
    if (slash != std::string_view::npos) {
        append_prefix_problems(text.substr(0, slash), problems, arena);
        text.remove_prefix(slash + 1);
    }
    constexpr std::string_view kPart = "name part ";
    if (text.empty()) {
        problems.push_back(join(arena, {kPart, "must be non-empty"}));
    } else if (text.size() > kMaxLabel) {
        problems.push_back(limit(kPart, kMaxLabel, "bytes", arena));
    }
    if (!is_label_name(text)) {
        problems.push_back(join(arena, {kPart, kLabelKeyProblem}));
    }
    return problems;
}

Problems label_value_problems(std::string_view text, Arena& arena) {
    Problems problems;
    if (text.size() > kMaxLabel) {
        problems.push_back(limit("", kMaxLabel, "bytes", arena));
    }
    if (!text.empty() && !is_label_name(text)) {
        problems.emplace_back(kLabelValueProblem);
    }
    return problems;
}

}  // namespace lws::api
