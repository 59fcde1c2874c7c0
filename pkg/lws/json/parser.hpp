// SPDX-License-Identifier: Apache-2.0
// Inside of document.hpp: one pass over a text that checks it and builds the tree. Why it is not
// RapidJSON's: docs/adr/0007-own-json-parser.md.
//
// Nodes whose container is open wait on one stack; when it closes, its children move into the arena
// together, so that they are contiguous, and the container's node stays on the stack as a child of
// the next one out. An open container's node links to the one around it, so there is no second
// stack and no recursion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/arena.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::json {

class Parser {
public:
    // `text` has a NUL behind its last byte, as every std::string, and less than 4 GiB.
    Parser(std::string& text, Arena& arena, const ParseLimits& limits);

    [[nodiscard]] Result<View> run();

private:
    // Each reads at at_ and moves it on, or returns false after fail().
    bool read_value();
    bool read_key();
    bool read_word(std::string_view word, Node::Kind kind);
    bool read_number();
    bool read_string();
    bool open(Node::Kind kind);
    // Reads what may follow a value: ends of containers, then a comma (and a key) or the end of the
    // outermost value.
    bool read_separators();

    void skip_blanks();
    void push(Node::Kind kind, const char* text, std::size_t size);
    void grow();
    void close();

    bool fail(const char* at, std::string_view why);
    bool fail_limit(std::string_view before, std::size_t limit, std::string_view after);
    [[nodiscard]] bool in_object() const { return stack_[open_].kind == Node::Kind::object; }

    char* begin_;
    char* end_;
    char* at_;
    Arena& arena_;
    const ParseLimits& limits_;
    // In the arena while it is small; beyond, on the heap, where it can grow without leaving the
    // smaller ones behind.
    Node* stack_ = nullptr;
    std::unique_ptr<Node, decltype(&std::free)> heap_stack_{nullptr, &std::free};
    std::size_t stack_size_ = 0;
    std::size_t stack_capacity_ = 0;
    std::uint32_t open_ = 0;  // index of the innermost open container's node, when depth_ > 0
    std::size_t depth_ = 0;
    std::size_t values_ = 0;
    std::optional<Error> failure_;
};

}  // namespace lws::json
