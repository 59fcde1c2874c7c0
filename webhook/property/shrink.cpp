// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/shrink.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/json_tree.hpp"

namespace lws::webhook::property {
namespace {

using lws::testing::JsonTree;

constexpr std::size_t kLargest = 100'000;

template <class Tried>
bool take_one_away(JsonTree& tree, const Tried& still_fails);

// One element of fields or items goes, or one below one of them.
template <class Parts, class Below, class Tried>
bool take_one_of(Parts& parts, Below below, const Tried& still_fails) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto at = static_cast<std::ptrdiff_t>(i);
        auto part = std::move(parts[i]);
        parts.erase(parts.begin() + at);
        if (still_fails()) {
            return true;
        }
        parts.insert(parts.begin() + at, std::move(part));
        if (take_one_away(below(parts[i]), still_fails)) {
            return true;
        }
    }
    return false;
}

template <class Tried>
bool take_one_away(JsonTree& tree, const Tried& still_fails) {
    const auto value = [](JsonTree::Field& field) -> JsonTree& { return field.second; };
    const auto item = [](JsonTree& element) -> JsonTree& { return element; };
    return take_one_of(tree.fields, value, still_fails) ||
           take_one_of(tree.items, item, still_fails);
}

void shrink_text(Case& c, std::string Case::* text, const std::function<bool(const Case&)>& fails) {
    const auto document = json::parse((c.*text).size() > kLargest ? "" : c.*text);
    if (!document) {
        return;
    }
    auto tree = lws::testing::read_tree(document->root());
    const auto still_fails = [&] {
        auto smaller = c;
        smaller.*text = lws::testing::to_text(tree);
        if (!fails(smaller)) {
            return false;
        }
        c = std::move(smaller);
        return true;
    };
    while (take_one_away(tree, still_fails)) {
    }
}

}  // namespace

Case shrink(Case c, const std::function<bool(const Case&)>& fails) {
    if (c.twin.empty()) {
        for (const auto text : {&Case::object, &Case::old_object, &Case::body}) {
            shrink_text(c, text, fails);
        }
    }
    return c;
}

}  // namespace lws::webhook::property
