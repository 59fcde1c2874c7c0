// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/arena.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::json {

// Bounds on untrusted text. Comparing and copying values recurses, so depth must be bounded before
// anything walks the tree; Kubernetes objects stay below 40.
struct ParseLimits {
    std::size_t max_bytes = std::size_t{8} * 1024 * 1024;  // at most 4 GiB - 1 count
    std::size_t max_depth = 128;
    // Each value costs 16 or 32 bytes of tree, and as many again while its container is open, so 2
    // million small members stay below 128 MiB.
    std::size_t max_values = std::size_t{2} * 1000 * 1000;
};

// Parses in place: strings of the tree point into `text`, whose bytes are changed, and the tree
// lies in `arena`. The view is valid as long as both are left alone.
//
// The whole text is one JSON value (RFC 8259) in UTF-8 without halves of surrogate pairs, or an
// error that names the byte offset (invalid_input), or a limit (too_large). Any bytes are safe. One
// pass, no recursion.
[[nodiscard]] Result<View> parse_in_place(
    std::string& text, Arena& arena, const ParseLimits& limits = {}
);

// One parsed JSON text and the bytes it points into. Movable; views stay valid across a move.
class Document {
public:
    Document() = default;

    [[nodiscard]] View root() const { return parts_ ? parts_->root : View(); }

private:
    friend Result<Document> parse(std::string text, const ParseLimits& limits);
    struct Parts {
        // Room for what Kubernetes objects need, with some to spare.
        explicit Parts(std::string bytes) : text(std::move(bytes)), arena(256 + 2 * text.size()) {}

        std::string text;
        Arena arena;
        View root;
    };
    std::unique_ptr<Parts> parts_;
};

// The same for callers that keep what they parse.
[[nodiscard]] Result<Document> parse(std::string text, const ParseLimits& limits = {});

}  // namespace lws::json
