// SPDX-License-Identifier: Apache-2.0
// How the Go types of the API print as JSON: the facts that OpenAPI does not hold. The table itself
// is generated (see generator/README.md) and seen by revision_data.cpp alone.
#pragma once

#include <cstdint>
#include <string_view>

namespace lws::rules {

enum class GoKind : std::uint8_t {
    string,
    boolean,
    int32,
    int64,
    quantity,
    int_or_string,
    time,
    opaque,  // any JSON, printed as an untyped value
    slice,
    map,
    structure,
};

// When a member is left out. omitempty never leaves out a structure, so those are `never`.
enum class GoOmit : std::uint8_t {
    never,
    empty,  // omitempty: nil pointers, empty texts, slices and maps, false, 0
    zero,   // omitzero, which only times use
};

// A pointer tells an absent member from an empty one: only the former is left out.
enum class GoHold : std::uint8_t { value, pointer };

struct GoMember {
    std::string_view name;
    std::uint16_t type;
    GoOmit omit;
    GoHold hold;
};

struct GoType {
    GoKind kind;
    std::uint16_t element;  // of a slice or map
    std::uint16_t first_member;
    std::uint16_t member_count;
};

}  // namespace lws::rules
