// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/pod_name.hpp"

#include <charconv>

namespace lws::rules {

PodNameParts split_pod_name(std::string_view name) {
    const auto dash = name.find_last_not_of("0123456789");
    if (dash == std::string_view::npos || name[dash] != '-' || dash + 1 == name.size()) {
        return {};
    }
    PodNameParts parts;
    parts.parent = name.substr(0, dash);
    // The dot of upstream's expression stops at a line break.
    if (const auto line = parts.parent.rfind('\n'); line != std::string_view::npos) {
        parts.parent.remove_prefix(line + 1);
    }
    std::int32_t ordinal = 0;
    const auto digits = name.substr(dash + 1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), ordinal).ec == std::errc()) {
        parts.ordinal = ordinal;
    }
    return parts;
}

}  // namespace lws::rules
