// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/surrogates.hpp"

namespace lws::json {
namespace {

// `\uXXXX`
constexpr std::size_t kEscapeSize = 6;

// Whether an escape at `at` begins with `\ud` and then one of `digits`.
bool is_surrogate(std::string_view text, std::size_t at, std::string_view digits) {
    const auto escape = text.substr(at, kEscapeSize);
    return escape.size() == kEscapeSize && escape[0] == '\\' && escape[1] == 'u' &&
           (escape[2] == 'd' || escape[2] == 'D') &&
           digits.find(escape[3]) != std::string_view::npos;
}

}  // namespace

std::optional<std::size_t> find_half_pair(std::string_view json_text) {
    constexpr std::string_view kFirst = "89abAB";
    constexpr std::string_view kSecond = "cdefCDEF";
    auto at = json_text.find('\\');
    while (at != std::string_view::npos) {
        if (is_surrogate(json_text, at, kSecond)) {
            return at;
        }
        // An escape is two characters or more, and none of the rest is a backslash.
        std::size_t size = 2;
        if (is_surrogate(json_text, at, kFirst) &&
            is_surrogate(json_text, at + kEscapeSize, kSecond)) {
            size = 2 * kEscapeSize;
        }
        at = json_text.find('\\', at + size);
    }
    return std::nullopt;
}

}  // namespace lws::json
