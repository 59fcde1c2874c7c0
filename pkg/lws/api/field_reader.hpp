// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/api/int_or_string.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::api {

// Reads the members of one JSON object by the rules of Go's decoder: absent and null leave the
// target alone, a wrong type is an error. The first error of a whole tree of readers is kept in the
// `failure` given to the root; after it reading goes on, harmlessly. Paths are put together only
// for an error. A child points at its parent, so it must not outlive it.
class FieldReader {
public:
    // `check` looks for errors only and leaves all targets that hold text alone, so that nothing is
    // taken from the heap.
    enum class Mode : std::uint8_t { read, check };

    FieldReader(json::View object, std::string_view name, Mode mode, std::optional<Error>& failure);

    // The member as an object; a reader of nothing when it is absent, null or of another type.
    [[nodiscard]] FieldReader object(std::string_view key) const;
    [[nodiscard]] bool exists() const { return value_.exists(); }
    [[nodiscard]] Mode mode() const { return mode_; }

    void text(std::string_view key, std::string& out) const;
    void int32(std::string_view key, std::int32_t& out) const;
    void int32(std::string_view key, std::optional<std::int32_t>& out) const;
    void int64(std::string_view key, std::int64_t& out) const;
    void int_or_string(std::string_view key, IntOrString& out) const;
    void string_map(std::string_view key, StringMap& out) const;
    // The text, or nothing when absent or null.
    [[nodiscard]] std::optional<std::string_view> optional_text(std::string_view key) const;

    // Looks at the type only.
    void expect_strings(std::string_view key) const;

    // Calls visit(FieldReader) for each element of an array of objects, with a reader of nothing
    // for null. Elements of another type are errors.
    template <class Visitor>
    void each_object(std::string_view key, Visitor visit) const {
        const json::View list = member(key, "array", &json::View::is_array);
        std::size_t index = 0;
        for (const json::View item : list.items()) {
            visit(element(key, index, item));
            ++index;
        }
    }

private:
    using TypeCheck = bool (json::View::*)() const;

    FieldReader(
        json::View object,
        std::string_view key,
        std::optional<std::size_t> index,
        const FieldReader& parent
    );

    // The member when it has the type, else missing; complains unless it is absent or null.
    [[nodiscard]] json::View member(
        std::string_view key, std::string_view expected, TypeCheck check
    ) const;
    [[nodiscard]] FieldReader element(std::string_view key, std::size_t index, json::View item)
        const;
    [[nodiscard]] std::optional<std::int64_t> integer(
        std::string_view key, std::int64_t min, std::int64_t max, std::string_view type
    ) const;

    // All members of this object, texts or not.
    void copy_texts(StringMap& out) const;
    void complain(std::string_view key, std::string_view problem) const;
    void complain_type(std::string_view key, std::string_view expected, json::View got) const;
    void append_path(std::string& out) const;

    json::View value_;
    std::string_view key_;
    std::optional<std::size_t> index_;
    Mode mode_;
    const FieldReader* parent_ = nullptr;
    std::optional<Error>* failure_;
};

}  // namespace lws::api
