// SPDX-License-Identifier: Apache-2.0
#include "webhook/fuzz/patch_model.hpp"

#include <utility>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/testing/apply_patch.hpp"
#include "webhook/fuzz/fuzz_target.hpp"

namespace lws::webhook::fuzz {
namespace {

using lws::testing::JsonTree;

JsonTree parsed(std::string_view json) {
    const auto document = json::parse(std::string(json));
    if (!document) {
        fail("the target gave the builder bad JSON");
    }
    return lws::testing::read_tree(document->root());
}

JsonTree container(bool object) {
    JsonTree tree;
    tree.kind = object ? JsonTree::Kind::object : JsonTree::Kind::array;
    return tree;
}

// For telling paths apart only.
std::string name_of(const Steps& path, std::size_t count) {
    std::string name;
    for (std::size_t i = 0; i < count; ++i) {
        name += path[i].index ? "#" + std::to_string(*path[i].index) : json::quoted(path[i].key);
        name += '/';
    }
    return name;
}

json::Segment segment(const Step& step) {
    return step.index ? json::Segment(*step.index) : json::Segment(step.key);
}

// A Path can only be written with its length in the source.
template <class Call>
auto with_path(const Steps& p, Call call) {
    switch (p.size()) {
        case 1:
            return call({segment(p[0])});
        case 2:
            return call({segment(p[0]), segment(p[1])});
        case 3:
            return call({segment(p[0]), segment(p[1]), segment(p[2])});
        case 4:
            return call({segment(p[0]), segment(p[1]), segment(p[2]), segment(p[3])});
        default:
            return call({segment(p[0]), segment(p[1]), segment(p[2]), segment(p[3]), segment(p[4])}
            );
    }
}

bool is_path(const Steps& path) {
    return !path.empty() && path.size() <= PatchModel::kMaxSteps;
}

JsonTree* step_into(JsonTree& tree, const Step& step) {
    if (!step.index) {
        return tree.is_object() ? tree.find(step.key) : nullptr;
    }
    return tree.is_array() && *step.index < tree.items.size() ? &tree.items[*step.index] : nullptr;
}

}  // namespace

PatchModel::PatchModel(json::View original)
    : original_(original),
      builder_(original, arena_),
      before_(lws::testing::read_tree(original)),
      tree_(before_) {}

JsonTree* PatchModel::find(const Steps& path, std::size_t count) {
    JsonTree* here = &tree_;
    for (std::size_t i = 0; i < count && here != nullptr; ++i) {
        here = step_into(*here, path[i]);
    }
    return here;
}

bool PatchModel::is_settled(const Steps& path) const {
    for (std::size_t count = 0; count <= path.size(); ++count) {
        const auto name = name_of(path, count);
        if (settled_.contains(name) || edited_arrays_.contains(name)) {
            return true;
        }
    }
    return false;
}

void PatchModel::ensure(const Steps& path, bool object) {
    if (!is_path(path) || is_settled(path)) {
        return;
    }
    bool expected = true;
    JsonTree* here = &tree_;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool last = i + 1 == path.size();
        auto* next = step_into(*here, path[i]);
        if (next == nullptr && path[i].index) {
            expected = false;
            break;
        }
        if (next == nullptr) {
            // Here must be an object: a step before made or found one, or an array, which has no
            // members.
            if (!here->is_object()) {
                expected = false;
                break;
            }
            here->fields.emplace_back(path[i].key, container(!last || object));
            next = &here->fields.back().second;
        } else if (next->is_null()) {
            *next = container(!last || object);
        } else if (last ? (object ? !next->is_object() : !next->is_array())
                        : next->kind == JsonTree::Kind::scalar) {
            expected = false;
            break;
        }
        here = next;
    }
    const bool done = with_path(path, [&](json::Path p) {
        return object ? builder_.ensure_object(p) : builder_.ensure_array(p);
    });
    if (done != expected) {
        fail("ensure says the wrong thing about " + name_of(path, path.size()));
    }
}

JsonTree* PatchModel::parent_of_new(const Steps& path) {
    if (!is_path(path) || path.back().index || is_settled(path)) {
        return nullptr;
    }
    auto* parent = find(path, path.size() - 1);
    return parent != nullptr && parent->is_object() ? parent : nullptr;
}

void PatchModel::put(const Steps& path, JsonTree* parent, std::string_view json) {
    if (auto* old = parent->find(path.back().key)) {
        *old = parsed(json);
    } else {
        parent->fields.emplace_back(path.back().key, parsed(json));
    }
    settled_.insert(name_of(path, path.size()));
}

void PatchModel::set_text(const Steps& path, std::string_view text) {
    if (auto* parent = parent_of_new(path)) {
        put(path, parent, json::quoted(text));
        with_path(path, [&](json::Path p) { builder_.set(p, text); });
    }
}

void PatchModel::set_number(const Steps& path, std::int64_t number) {
    if (auto* parent = parent_of_new(path)) {
        put(path, parent, std::to_string(number));
        with_path(path, [&](json::Path p) { builder_.set(p, number); });
    }
}

void PatchModel::set_flag(const Steps& path, bool flag) {
    if (auto* parent = parent_of_new(path)) {
        put(path, parent, flag ? "true" : "false");
        with_path(path, [&](json::Path p) { builder_.set(p, flag); });
    }
}

void PatchModel::set_raw(const Steps& path, std::string_view json) {
    if (auto* parent = parent_of_new(path)) {
        put(path, parent, json);
        with_path(path, [&](json::Path p) { builder_.set_raw(p, json); });
        raw_ = true;
    }
}

void PatchModel::replace_raw(const Steps& path, std::string_view json) {
    if (!is_path(path) || is_settled(path)) {
        return;
    }
    if (auto* old = find(path, path.size())) {
        *old = parsed(json);
        settled_.insert(name_of(path, path.size()));
        with_path(path, [&](json::Path p) { builder_.replace_raw(p, json); });
        raw_ = true;
    }
}

void PatchModel::remove(const Steps& path) {
    if (!is_path(path) || is_settled(path) || find(path, path.size()) == nullptr) {
        return;
    }
    auto& parent = *find(path, path.size() - 1);
    if (path.back().index) {
        parent.items.erase(parent.items.begin() + static_cast<std::ptrdiff_t>(*path.back().index));
        edited_arrays_.insert(name_of(path, path.size() - 1));
    } else {
        std::erase_if(parent.fields, [&](const auto& field) {
            return field.first == path.back().key;
        });
        settled_.insert(name_of(path, path.size()));
    }
    with_path(path, [&](json::Path p) { builder_.remove(p); });
    raw_ = true;
}

JsonTree* PatchModel::array_at(const Steps& path) {
    if (!is_path(path) || is_settled(Steps(path.begin(), path.end() - 1)) ||
        settled_.contains(name_of(path, path.size()))) {
        return nullptr;
    }
    auto* array = find(path, path.size());
    return array != nullptr && array->is_array() ? array : nullptr;
}

void PatchModel::append_raw(const Steps& path, std::string_view json) {
    if (auto* array = array_at(path)) {
        array->items.push_back(parsed(json));
        edited_arrays_.insert(name_of(path, path.size()));
        with_path(path, [&](json::Path p) { builder_.append_raw(p, json); });
        raw_ = true;
    }
}

void PatchModel::insert_raw(const Steps& path, std::size_t index, std::string_view json) {
    auto* array = array_at(path);
    if (array == nullptr || index > array->items.size()) {
        return;
    }
    array->items.insert(array->items.begin() + static_cast<std::ptrdiff_t>(index), parsed(json));
    edited_arrays_.insert(name_of(path, path.size()));
    with_path(path, [&](json::Path p) { builder_.insert_raw(p, index, json); });
    raw_ = true;
}

void PatchModel::check() {
    const bool is_empty = builder_.empty();
    const auto bytes = builder_.bytes();
    const std::string patch(builder_.finish());
    if (is_empty != (patch == "[]") || patch.size() < bytes) {
        fail("empty() or bytes() is wrong");
    }
    if (!raw_ && tree_ == before_ && !is_empty) {
        fail("nothing was to change: " + patch);
    }
    const auto patched = lws::testing::apply_patch(json::to_text(original_), patch);
    if (!patched) {
        fail(patched.error().message);
    }
    if (!lws::testing::same_json(*patched, lws::testing::to_text(tree_))) {
        fail(patch + " makes " + *patched + ", not " + lws::testing::to_text(tree_));
    }
}

}  // namespace lws::webhook::fuzz
