// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/patch.hpp"

#include <array>
#include <charconv>

namespace lws::json {
namespace {

void append_number(std::string& out, std::integral auto number) {
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), end);
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
    } else if (byte < 0x20) {
        out += "\\u00";
        out += kHex[byte >> 4U];
        out += kHex[byte & 0xFU];
    } else {
        out += c;
    }
}

// The pointer as it stands inside a JSON string: `~` and `/` escaped first, then JSON's own.
void append_segment(std::string& out, const Segment& segment) {
    out += '/';
    if (segment.is_index()) {
        append_number(out, segment.index());
        return;
    }
    for (const char c : segment.key()) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            append_escaped(out, c);
        }
    }
}

View step(View from, const Segment& segment) {
    return segment.is_index() ? from.at(segment.index()) : from[segment.key()];
}

void append_pointer(std::string& out, Path path) {
    out.clear();
    for (const auto& segment : path) {
        append_segment(out, segment);
    }
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        append_escaped(out, c);
    }
    out += '"';
}

PatchBuilder::PatchBuilder(View original) : original_(original) {}

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
                const auto place = begin(segment.is_index() ? "replace" : "add", pointer_);
                out_ += want_object ? R"(,"value":{}})" : R"(,"value":[]})";
                created_.push_back({place, wanted});
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
    const auto old = look_up(path);
    if (old.string() == text) {
        return;
    }
    append_pointer(pointer_, path);
    begin(old.exists() ? "replace" : "add", pointer_);
    out_ += R"(,"value":)";
    append_quoted(out_, text);
    out_ += '}';
}

void PatchBuilder::set_bool(Path path, bool flag) {
    const auto old = look_up(path);
    if (old.boolean() == flag) {
        return;
    }
    append_pointer(pointer_, path);
    emit(old.exists() ? "replace" : "add", pointer_, flag ? "true" : "false");
}

void PatchBuilder::set_int(Path path, std::int64_t number) {
    const auto old = look_up(path);
    if (old.int64() == number) {
        return;
    }
    append_pointer(pointer_, path);
    begin(old.exists() ? "replace" : "add", pointer_);
    out_ += R"(,"value":)";
    append_number(out_, number);
    out_ += '}';
}

void PatchBuilder::set_raw(Path path, std::string_view json) {
    append_pointer(pointer_, path);
    emit(look_up(path).exists() ? "replace" : "add", pointer_, json);
}

void PatchBuilder::append_raw(Path array, std::string_view json) {
    append_pointer(pointer_, array);
    pointer_ += "/-";
    emit("add", pointer_, json);
}

void PatchBuilder::insert_raw(Path array, std::size_t index, std::string_view json) {
    append_pointer(pointer_, array);
    append_segment(pointer_, index);
    emit("add", pointer_, json);
}

void PatchBuilder::replace_raw(Path path, std::string_view json) {
    append_pointer(pointer_, path);
    emit("replace", pointer_, json);
}

void PatchBuilder::remove(Path path) {
    append_pointer(pointer_, path);
    begin("remove", pointer_);
    out_ += '}';
}

std::string PatchBuilder::take() {
    if (operations_ == 0) {
        return "[]";
    }
    out_ += ']';
    return std::move(out_);
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

PatchBuilder::Span PatchBuilder::begin(std::string_view op, std::string_view pointer) {
    out_ += operations_ == 0 ? R"([{"op":")" : R"(,{"op":")";
    ++operations_;
    out_ += op;
    out_ += R"(","path":")";
    const Span place{out_.size(), pointer.size()};
    out_ += pointer;
    out_ += '"';
    return place;
}

void PatchBuilder::emit(std::string_view op, std::string_view pointer, std::string_view json) {
    begin(op, pointer);
    out_ += R"(,"value":)";
    out_ += json;
    out_ += '}';
}

}  // namespace lws::json
