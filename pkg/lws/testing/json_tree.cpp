// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/testing/json_tree.hpp"

#include <algorithm>
#include <unordered_map>

#include "pkg/lws/json/writer.hpp"

namespace lws::testing {
namespace {

void write_tree(const JsonTree& tree, json::Writer& out) {
    switch (tree.kind) {
        case JsonTree::Kind::scalar:
            out.raw(tree.scalar);
            return;
        case JsonTree::Kind::object:
            out.begin_object();
            for (const auto& [key, value] : tree.fields) {
                out.key(key);
                write_tree(value, out);
            }
            out.end_object();
            return;
        case JsonTree::Kind::array:
            out.begin_array();
            for (const auto& item : tree.items) {
                write_tree(item, out);
            }
            out.end_array();
            return;
    }
}

}  // namespace

JsonTree* JsonTree::find(std::string_view key) {
    const auto at = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
        return field.first == key;
    });
    return at == fields.end() ? nullptr : &at->second;
}

const JsonTree* JsonTree::find(std::string_view key) const {
    const auto at = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
        return field.first == key;
    });
    return at == fields.end() ? nullptr : &at->second;
}

JsonTree read_tree(json::View view) {
    JsonTree tree;
    if (view.is_object()) {
        tree.kind = JsonTree::Kind::object;
        tree.fields.reserve(view.size());
        for (const auto& [key, value] : view.members()) {
            tree.fields.emplace_back(std::string(key), read_tree(value));
        }
    } else if (view.is_array()) {
        tree.kind = JsonTree::Kind::array;
        tree.items.reserve(view.size());
        for (const auto item : view.items()) {
            tree.items.push_back(read_tree(item));
        }
    } else {
        tree.scalar = json::to_text(view);
    }
    return tree;
}

std::string to_text(const JsonTree& tree) {
    std::string text;
    {
        json::Writer writer(text);
        write_tree(tree, writer);
    }
    return text;
}

JsonTree without_duplicates(JsonTree tree) {
    std::vector<JsonTree::Field> kept;
    kept.reserve(tree.fields.size());
    std::unordered_map<std::string, std::size_t> places;
    for (auto& [key, value] : tree.fields) {
        const auto [place, is_new] = places.try_emplace(key, kept.size());
        if (is_new) {
            kept.emplace_back(key, without_duplicates(std::move(value)));
        } else {
            kept[place->second].second = without_duplicates(std::move(value));
        }
    }
    tree.fields = std::move(kept);
    for (auto& item : tree.items) {
        item = without_duplicates(std::move(item));
    }
    return tree;
}

}  // namespace lws::testing
