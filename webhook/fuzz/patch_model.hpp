// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/testing/json_tree.hpp"

namespace lws::webhook::fuzz {

// One step of a path that owns its key.
struct Step {
    std::string key;
    std::optional<std::size_t> index;
};
using Steps = std::vector<Step>;

// Does to a tree what a PatchBuilder is asked to do to an object, so that both can be compared in
// the end. Calls that break the builder's contract (a parent that is not there, a path set twice or
// below one, an index past the end) are left out on both sides.
class PatchModel {
public:
    // `original` has no duplicate members and outlives the model.
    explicit PatchModel(json::View original);

    // Each makes one call, at a path of at most kMaxSteps steps.
    static constexpr std::size_t kMaxSteps = 5;
    void ensure_object(const Steps& path) { ensure(path, true); }
    void ensure_array(const Steps& path) { ensure(path, false); }
    void set_text(const Steps& path, std::string_view text);
    void set_number(const Steps& path, std::int64_t number);
    void set_flag(const Steps& path, bool flag);
    // `json` is one valid JSON value.
    void set_raw(const Steps& path, std::string_view json);
    void replace_raw(const Steps& path, std::string_view json);
    void remove(const Steps& path);
    void append_raw(const Steps& path, std::string_view json);
    void insert_raw(const Steps& path, std::size_t index, std::string_view json);

    [[nodiscard]] const lws::testing::JsonTree& tree() const { return tree_; }
    // The patch must now make the tree of the original, and be empty where nothing was to change.
    // Fails the process otherwise.
    void check();

private:
    using JsonTree = lws::testing::JsonTree;

    void ensure(const Steps& path, bool object);
    // The object that holds the last step, when the path is free for a new value.
    JsonTree* parent_of_new(const Steps& path);
    // The value at the path; null when there is none.
    JsonTree* find(const Steps& path, std::size_t count);
    // Whether a call changed a value at or above the path in a way that hides the original.
    [[nodiscard]] bool is_settled(const Steps& path) const;
    JsonTree* array_at(const Steps& path);
    void put(const Steps& path, JsonTree* parent, std::string_view json);

    json::View original_;
    Arena arena_;
    json::PatchBuilder builder_;
    JsonTree before_;
    JsonTree tree_;
    std::set<std::string> settled_;        // pointers
    std::set<std::string> edited_arrays_;  // pointers
    bool raw_ = false;                     // a call that always writes an operation
};

}  // namespace lws::webhook::fuzz
