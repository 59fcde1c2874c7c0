// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/patch.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace lws::json {
namespace {

// The patch of a small set, so that it does not grow in steps.
constexpr std::size_t kFirstBytes = 512;

void append_number(Text& out, std::integral auto number) {
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), end);
}

// The pointer as it stands inside a JSON string: `~` and `/` escaped first, then JSON's own.
void append_segment(Text& out, const Segment& segment) {
    out += '/';
    if (segment.is_index()) {
        append_number(out, segment.index());
        return;
    }
    auto rest = segment.key();
    const auto is_odd = [](char c) { return c == '~' || c == '/'; };
    while (!rest.empty()) {
        const std::string_view plain(rest.begin(), std::find_if(rest.begin(), rest.end(), is_odd));
        append_escaped(out, plain);
        rest.remove_prefix(plain.size());
        if (rest.starts_with('~')) {
            out += "~0";
        } else if (rest.starts_with('/')) {
            out += "~1";
        }
        rest.remove_prefix(rest.empty() ? 0 : 1);
    }
}

View step(View from, const Segment& segment) {
    return segment.is_index() ? from.at(segment.index()) : from[segment.key()];
}

void append_pointer(Text& out, Path path) {
    for (const auto& segment : path) {
        append_segment(out, segment);
    }
}

}  // namespace

PatchBuilder::PatchBuilder(View original, Arena& arena)
    : original_(original), arena_(arena), out_(&arena), pointer_(&arena) {}

bool PatchBuilder::ensure(Path path, Container kind) {
    View here = original_;
    pointer_.clear();
    std::size_t steps_left = path.size();
    for (const auto& segment : path) {
        --steps_left;
        const bool want_object = steps_left > 0 || kind == Container::object;
        append_segment(pointer_, segment);
        // Members are made, of objects only, and elements are not.
        const bool fixed = segment.is_index() || (here.exists() && !here.is_object());
        here = step(here, segment);
        if (fixed && !here.exists()) {
            return false;
        }
        if (here.absent_or_null()) {
            const auto wanted = want_object ? Container::object : Container::array;
            if (const auto created = find_created(pointer_); !created) {
                // `add` at an index would insert an element.
                begin_path(segment.is_index() ? "replace" : "add");
                created_.push_back({{out_.size(), pointer_.size()}, wanted});
                out_ += pointer_;
                end([&](Text& out) { out += want_object ? "{}" : "[]"; });
            } else if (*created != wanted) {
                return false;
            }
            // Below something that was made here the original has nothing.
            here = View();
        } else if (want_object && here.is_array() && steps_left > 0) {
            continue;  // the next step is an index into it
        } else if (want_object ? !here.is_object() : !here.is_array()) {
            return false;
        }
    }
    return true;
}

void PatchBuilder::set(Path path, std::string_view text) {
    if (look_up(path).string() != text) {
        set_with(path, [text](Text& out) { append_quoted(out, text); });
    }
}

void PatchBuilder::set_bool(Path path, bool flag) {
    if (look_up(path).boolean() != flag) {
        set_raw(path, flag ? "true" : "false");
    }
}

void PatchBuilder::set_int(Path path, std::int64_t number) {
    if (look_up(path).int64() != number) {
        set_with(path, [number](Text& out) { append_number(out, number); });
    }
}

void PatchBuilder::replace_raw(Path path, std::string_view json) {
    begin_path("replace");
    append_pointer(out_, path);
    end([json](Text& out) { out += json; });
}

void PatchBuilder::remove(Path path) {
    begin_path("remove");
    append_pointer(out_, path);
    out_ += "\"}";
}

std::string_view PatchBuilder::finish() {
    if (operations_ == 0) {
        return "[]";
    }
    out_ += ']';
    return out_;
}

View PatchBuilder::look_up(Path path) const {
    View here = original_;
    for (const auto& segment : path) {
        here = step(here, segment);
    }
    return here;
}

std::optional<PatchBuilder::Container> PatchBuilder::find_created(std::string_view pointer) const {
    for (const auto& [place, kind] : created_) {
        if (std::string_view(out_).substr(place.begin, place.size) == pointer) {
            return kind;
        }
    }
    return std::nullopt;
}

void PatchBuilder::begin_set(Path path) {
    begin_path(look_up(path).exists() ? "replace" : "add");
    append_pointer(out_, path);
}

void PatchBuilder::begin_append(Path array) {
    begin_path("add");
    append_pointer(out_, array);
    out_ += "/-";
}

void PatchBuilder::begin_insert(Path array, std::size_t index) {
    begin_path("add");
    append_pointer(out_, array);
    append_segment(out_, index);
}

void PatchBuilder::begin_path(std::string_view op) {
    if (operations_ == 0) {
        out_.reserve(kFirstBytes);
    }
    out_ += operations_ == 0 ? R"([{"op":")" : R"(,{"op":")";
    ++operations_;
    out_ += op;
    out_ += R"(","path":")";
}

}  // namespace lws::json
