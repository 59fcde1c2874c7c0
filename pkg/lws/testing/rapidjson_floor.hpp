// SPDX-License-Identifier: Apache-2.0
#pragma once

// Before the first include of RapidJSON, which scans strings with it.
#if defined(__SSE2__) && !defined(RAPIDJSON_SSE2)
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/document.h>

#include <cstddef>
#include <string>
#include <vector>

namespace lws::testing {

// What benchmarks measure against: RapidJSON's tree of a text, parsed in place and iteratively with
// no check but that of the grammar, in memory that is kept from one text to the next.
class RapidjsonFloor {
public:
    // Spoils `text`. Whether it is an object.
    bool parse(std::string& text) {
        Pool values(values_.data(), values_.size());
        Pool stack(stack_.data(), stack_.size());
        Tree tree(&values, 1024, &stack);
        tree.ParseInsitu<rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag>(text.data());
        used_ = values.Size() + stack.Size();
        return tree.IsObject();
    }
    // Bytes that the last tree and its parser took.
    [[nodiscard]] std::size_t used() const { return used_; }

private:
    using Pool = rapidjson::MemoryPoolAllocator<>;
    using Tree = rapidjson::GenericDocument<rapidjson::UTF8<>, Pool, Pool>;

    std::vector<char> values_ = std::vector<char>(std::size_t{1} << 20U);
    std::vector<char> stack_ = std::vector<char>(std::size_t{1} << 16U);
    std::size_t used_ = 0;
};

}  // namespace lws::testing
