// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/testing/apply_patch.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/testing/json_tree.hpp"

namespace lws::testing {
namespace {

using Node = JsonTree;

std::optional<std::vector<std::string>> split_pointer(std::string_view pointer) {
    std::vector<std::string> segments;
    if (!pointer.empty() && pointer.front() != '/') {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        const char c = pointer[i];
        if (c == '/') {
            segments.emplace_back();
        } else if (c == '~') {
            ++i;
            if (i == pointer.size() || (pointer[i] != '0' && pointer[i] != '1')) {
                return std::nullopt;
            }
            segments.back() += pointer[i] == '0' ? '~' : '/';
        } else {
            segments.back() += c;
        }
    }
    return segments;
}

// At most `limit`; RFC 6901 allows no leading zeros.
std::optional<std::size_t> parse_index(std::string_view text, std::size_t limit) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    const bool leading_zero = text.size() > 1 && text.front() == '0';
    if (error != std::errc() || end != text.data() + text.size() || leading_zero || index > limit) {
        return std::nullopt;
    }
    return index;
}

Node* find_child(Node& node, std::string_view segment) {
    if (node.is_object()) {
        return node.find(segment);
    }
    if (node.is_array()) {
        const auto index = parse_index(segment, node.items.size());
        return index && *index < node.items.size() ? &node.items[*index] : nullptr;
    }
    return nullptr;
}

bool add(Node& parent, const std::string& segment, Node value) {
    if (parent.is_object()) {
        if (auto* old = parent.find(segment)) {
            *old = std::move(value);
        } else {
            parent.fields.emplace_back(segment, std::move(value));
        }
        return true;
    }
    if (!parent.is_array()) {
        return false;
    }
    const auto index =
        segment == "-" ? parent.items.size() : parse_index(segment, parent.items.size());
    if (!index) {
        return false;
    }
    parent.items.insert(
        parent.items.begin() + static_cast<std::ptrdiff_t>(*index), std::move(value)
    );
    return true;
}

bool remove(Node& parent, const std::string& segment) {
    const auto* child = find_child(parent, segment);
    if (child == nullptr) {
        return false;
    }
    if (parent.is_array()) {
        parent.items.erase(parent.items.begin() + (child - parent.items.data()));
    } else {
        std::erase_if(parent.fields, [&](const Node::Field& field) {
            return field.first == segment;
        });
    }
    return true;
}

Error failure(json::View operation, std::string_view why) {
    return {ErrorCode::unprocessable, json::to_text(operation) + ": " + std::string(why)};
}

Result<void> check_members(json::View operation) {
    for (const auto& member : operation.members()) {
        if (member.key != "op" && member.key != "path" && member.key != "value") {
            return failure(operation, "unknown member " + std::string(member.key));
        }
    }
    const auto op = operation["op"].string_or("");
    const bool wants_value = op == "add" || op == "replace" || op == "test";
    if (!wants_value && op != "remove") {
        return failure(operation, "unknown op");
    }
    if (wants_value != operation["value"].exists()) {
        return failure(operation, "value missing or not wanted");
    }
    return {};
}

Result<void> apply_one(Node& root, json::View operation) {
    if (auto checked = check_members(operation); !checked) {
        return checked.error();
    }
    auto segments = split_pointer(operation["path"].string_or("no path"));
    if (!segments || segments->empty()) {
        return failure(operation, "bad path");
    }
    const auto last = segments->back();
    segments->pop_back();
    Node* parent = &root;
    for (const auto& segment : *segments) {
        parent = find_child(*parent, segment);
        if (parent == nullptr) {
            return failure(operation, "no parent at " + segment);
        }
    }
    const auto op = operation["op"].string_or("");
    auto* target = find_child(*parent, last);
    bool done = false;
    if (op == "add") {
        done = add(*parent, last, read_tree(operation["value"]));
    } else if (op == "remove") {
        done = remove(*parent, last);
    } else if (target != nullptr && op == "replace") {
        *target = read_tree(operation["value"]);
        done = true;
    } else if (target != nullptr) {
        done = same_json(to_text(*target), json::to_text(operation["value"]));
    }
    if (!done) {
        return failure(operation, "cannot be applied");
    }
    return {};
}

}  // namespace

Result<std::string> apply_patch(std::string_view object, std::string_view patch) {
    const auto target = json::parse(std::string(object));
    if (!target) {
        return target.error();
    }
    const auto operations = json::parse(std::string(patch));
    if (!operations) {
        return operations.error();
    }
    if (!operations->root().is_array()) {
        return Error(ErrorCode::invalid_input, "a patch is an array");
    }
    Node root = read_tree(target->root());
    for (const auto operation : operations->root().items()) {
        if (auto applied = apply_one(root, operation); !applied) {
            return applied.error();
        }
    }
    return to_text(root);
}

bool same_json(std::string_view a, std::string_view b) {
    const auto left = json::parse(std::string(a));
    const auto right = json::parse(std::string(b));
    return left && right && json::equal(left->root(), right->root());
}

}  // namespace lws::testing
