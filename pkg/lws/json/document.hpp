// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::json {

// Bounds on untrusted text. RapidJSON frees and compares values by recursion, so depth must be
// bounded before anything else walks the tree; Kubernetes objects stay below 40.
struct ParseLimits {
    std::size_t max_bytes = std::size_t{8} * 1024 * 1024;
    std::size_t max_depth = 128;
    // Each value costs 16 to 40 bytes of tree, so 2 million small members stay below 80 MiB.
    std::size_t max_values = std::size_t{2} * 1000 * 1000;
};

// One parsed JSON text and the bytes it points into (parsed in place: strings are not copied).
// Movable; views stay valid across a move.
class Document {
public:
    Document();
    ~Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    [[nodiscard]] View root() const;

private:
    friend Result<Document> parse(std::string text, const ParseLimits& limits);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Whole text is one JSON value in UTF-8, or an error that names the byte offset. Any bytes are
// safe.
[[nodiscard]] Result<Document> parse(std::string text, const ParseLimits& limits = {});

}  // namespace lws::json
