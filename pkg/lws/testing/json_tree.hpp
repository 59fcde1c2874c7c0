// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/lws/json/view.hpp"

namespace lws::testing {

// A JSON value that can be changed, which json::View cannot. Members keep their order and may be
// duplicates, as in the text that it was read from.
struct JsonTree {
    enum class Kind { scalar, object, array };
    using Field = std::pair<std::string, JsonTree>;

    Kind kind = Kind::scalar;
    std::string scalar = "null";  // JSON text
    std::vector<Field> fields;
    std::vector<JsonTree> items;

    [[nodiscard]] bool is_object() const { return kind == Kind::object; }
    [[nodiscard]] bool is_array() const { return kind == Kind::array; }
    [[nodiscard]] bool is_null() const { return kind == Kind::scalar && scalar == "null"; }

    // The first member of that name, or null.
    [[nodiscard]] JsonTree* find(std::string_view key);
    [[nodiscard]] const JsonTree* find(std::string_view key) const;

    friend bool operator==(const JsonTree&, const JsonTree&) = default;
};

[[nodiscard]] JsonTree read_tree(json::View view);
[[nodiscard]] std::string to_text(const JsonTree& tree);

// Of duplicate members the last, at the place of the first: what any reader that keeps a map makes
// of it, an API server too.
[[nodiscard]] JsonTree without_duplicates(JsonTree tree);

}  // namespace lws::testing
