// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/json/writer.hpp"

namespace lws::testing {

inline void write_without_nulls(json::Writer& writer, json::View value) {
    if (value.is_object()) {
        writer.begin_object();
        for (const auto& [key, member] : value.members()) {
            if (!member.is_null()) {
                writer.key(key);
                write_without_nulls(writer, member);
            }
        }
        writer.end_object();
    } else if (value.is_array()) {
        writer.begin_array();
        for (const auto item : value.items()) {
            write_without_nulls(writer, item);
        }
        writer.end_array();
    } else {
        writer.value(value);
    }
}

// The value without the members that are null, which Go's types read as if they were absent.
// Elements of arrays stay, even null.
inline std::string without_nulls(json::View value) {
    std::string text;
    json::Writer writer(text);
    write_without_nulls(writer, value);
    return text;
}

}  // namespace lws::testing
