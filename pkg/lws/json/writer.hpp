// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/lws/json/view.hpp"

namespace lws::json {

// Writes one compact JSON value into a string, members in the order they are given. Calls must
// nest rightly (key before each value of an object, begin before end): a wrong order is a bug and
// asserts in debug builds. Strings must be UTF-8. Doubles print as RapidJSON does; use raw() where
// Go's format matters.
class Writer {
public:
    explicit Writer(std::string& out);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    Writer& begin_object();
    Writer& end_object();
    Writer& begin_array();
    Writer& end_array();
    Writer& key(std::string_view name);

    Writer& value(std::string_view text);
    Writer& value(const char* text) { return value(std::string_view(text)); }
    Writer& value(const std::string& text) { return value(std::string_view(text)); }
    Writer& value(std::same_as<bool> auto flag) { return write_bool(flag); }
    Writer& value(std::signed_integral auto number) { return write_int(number); }
    Writer& value(std::unsigned_integral auto number)
        requires(!std::same_as<decltype(number), bool>)
    {
        return write_uint(number);
    }
    Writer& value(double number);
    // Copies a value verbatim, unknown members included. A missing view writes null.
    Writer& value(View view);
    Writer& null();
    // `json` must be one valid JSON value; it is copied as it is.
    Writer& raw(std::string_view json);

    template <class T>
    Writer& member(std::string_view name, const T& v) {
        key(name);
        return value(v);
    }

private:
    Writer& write_scalar(View view);
    Writer& write_bool(bool flag);
    Writer& write_int(std::int64_t number);
    Writer& write_uint(std::uint64_t number);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

[[nodiscard]] std::string to_text(View view);

// One string as a JSON string literal with its quotes.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace lws::json
