// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/json/text.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/arena.hpp"

namespace lws::json {

// One step of a path: a member's key (unescaped) or an array index. A view: it lives as long as
// the text it was made from.
class Segment {
public:
    Segment(std::string_view key) : key_(key) {}
    Segment(const char* key) : key_(key) {}
    Segment(const std::string& key) : key_(key) {}
    Segment(std::integral auto index) : index_(static_cast<std::size_t>(index)), is_index_(true) {}

    [[nodiscard]] bool is_index() const { return is_index_; }
    [[nodiscard]] std::string_view key() const { return key_; }
    [[nodiscard]] std::size_t index() const { return index_; }

private:
    std::string_view key_;
    std::size_t index_ = 0;
    bool is_index_ = false;
};

// `{"metadata", "labels", kSetNameLabel}`, from the root of the object.
using Path = std::initializer_list<Segment>;

// Writes the operations of one JSON Patch (RFC 6902) directly, never by comparing two objects.
//
// Guarantees:
// - Operations apply in the order of the calls, and a path means the object as patched by the calls
//   before it: an index counts elements that earlier calls inserted or removed. The caller keeps
//   that order in mind (remove from the back, then append, then insert at the front).
// - ensure_object() and ensure_array() emit a container at most once, and only when the original
//   has none there, or null. Whatever the original holds is never replaced by them.
// - set() emits nothing when the original already holds an equal scalar. Set a path at most once.
// - Keys are escaped (`~0`, `~1`, JSON); values are JSON text whatever the bytes of the UTF-8
// input.
// - No operation on anything that the caller did not name: unknown members survive.
//
// Not thread-safe; one per request. The original and the arena must outlive the builder.
class PatchBuilder {
public:
    // `original` is the object that the patch will be applied to. The patch is written in `arena`.
    PatchBuilder(View original, Arena& arena);

    [[nodiscard]] View original() const { return original_; }
    // For texts that callers put together.
    [[nodiscard]] Arena& arena() { return arena_; }

    // Makes sure that an object (array) stands at `path` and objects at every step before it, with
    // one `add {}` (`add []`) for each that is absent or null. False when a value of another kind
    // stands at or above `path`, or an index is past the end of the original's array: then nothing
    // was emitted for the step in the way nor below it.
    [[nodiscard]] bool ensure_object(Path path) { return ensure(path, Container::object); }
    [[nodiscard]] bool ensure_array(Path path) { return ensure(path, Container::array); }

    // Gives the member at `path` this value: `add` where the original has no such member, else
    // `replace`. Its parent must exist (ensure_object). Not for array elements.
    void set(Path path, std::string_view text);
    void set(Path path, const char* text) { set(path, std::string_view(text)); }
    void set(Path path, const std::string& text) { set(path, std::string_view(text)); }
    void set(Path path, std::same_as<bool> auto flag) { set_bool(path, flag); }
    void set(Path path, std::integral auto number)
        requires(!std::same_as<decltype(number), bool>)
    {
        set_int(path, static_cast<std::int64_t>(number));
    }

    // The same with a value given as JSON text, which is copied as it is and must be valid. Never
    // compared with the original. To reach into it later, put what is needed into `json` instead.
    void set_raw(Path path, std::string_view json) {
        set_with(path, [json](Text& out) { out += json; });
    }
    // The same with a value that `write(Text&)` appends.
    void set_with(Path path, std::invocable<Text&> auto write) {
        begin_set(path);
        end(write);
    }

    // `add` of an element behind the last one, or before the one at `index` (at most the length).
    void append_raw(Path array, std::string_view json) {
        append_with(array, [json](Text& out) { out += json; });
    }
    void append_with(Path array, std::invocable<Text&> auto write) {
        begin_append(array);
        end(write);
    }
    void insert_raw(Path array, std::size_t index, std::string_view json) {
        insert_with(array, index, [json](Text& out) { out += json; });
    }
    void insert_with(Path array, std::size_t index, std::invocable<Text&> auto write) {
        begin_insert(array, index);
        end(write);
    }

    // `replace` of the member or element at `path`, which must exist.
    void replace_raw(Path path, std::string_view json);

    // The member or element at `path` must exist.
    void remove(Path path);

    [[nodiscard]] bool empty() const { return operations_ == 0; }
    [[nodiscard]] std::size_t operations() const { return operations_; }
    // So far, for callers that bound what one request may cost.
    [[nodiscard]] std::size_t bytes() const { return out_.size(); }

    // The whole patch, `[]` when empty. Valid as long as the builder, which is spent now.
    [[nodiscard]] std::string_view finish();

private:
    enum class Container { object, array };
    struct Span {
        std::size_t begin;
        std::size_t size;
    };
    struct Created {
        Span place;
        Container kind;
    };

    bool ensure(Path path, Container kind);
    void set_bool(Path path, bool flag);
    void set_int(Path path, std::int64_t number);
    [[nodiscard]] View look_up(Path path) const;
    [[nodiscard]] std::optional<Container> find_created(std::string_view pointer) const;
    // Write the operation up to its value, or to its path.
    void begin_set(Path path);
    void begin_append(Path array);
    void begin_insert(Path array, std::size_t index);
    void begin_path(std::string_view op);
    void end(std::invocable<Text&> auto write) {
        out_ += R"(","value":)";
        write(out_);
        out_ += '}';
    }

    View original_;
    Arena& arena_;
    Text out_;
    Text pointer_;  // reused by every call
    std::size_t operations_ = 0;
    // Pointers of the containers made here, as places in out_: no copies.
    boost::container::small_vector<Created, 8> created_;
};

}  // namespace lws::json
