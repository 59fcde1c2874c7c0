// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/document.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "pkg/lws/json/parser.hpp"

namespace lws::json {

Result<View> parse_in_place(std::string& text, Arena& arena, const ParseLimits& limits) {
    // Nodes count in 32 bits.
    const std::size_t max_bytes =
        std::min<std::size_t>(limits.max_bytes, std::numeric_limits<std::uint32_t>::max());
    if (text.size() > max_bytes) {
        return Error(
            ErrorCode::too_large,
            "JSON text of " + std::to_string(text.size()) + " bytes exceeds the limit of " +
                std::to_string(max_bytes)
        );
    }
    return Parser(text, arena, limits).run();
}

Result<Document> parse(std::string text, const ParseLimits& limits) {
    Document document;
    document.parts_ = std::make_unique<Document::Parts>(std::move(text));
    auto& parts = *document.parts_;
    const auto root = parse_in_place(parts.text, parts.arena, limits);
    if (!root) {
        return root.error();
    }
    parts.root = *root;
    return document;
}

}  // namespace lws::json
