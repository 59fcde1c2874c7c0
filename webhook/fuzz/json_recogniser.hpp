// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lws::webhook::fuzz {

// What RFC 8259 and our limits say of a text, found out a second time and in another way.
enum class Verdict {
    json,
    no_json,
    either,  // a number beyond double, which a reader may refuse
};

// No NUL bytes, UTF-8 as RFC 3629 has it, no half of a surrogate pair, `max_depth` levels at most.
[[nodiscard]] Verdict recognise_json(std::string_view text, int max_depth);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace lws::webhook::fuzz
