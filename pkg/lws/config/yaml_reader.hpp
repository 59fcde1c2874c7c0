// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/support/result.hpp"

// Strict reading of a small YAML file, private to this folder. Failures travel as one exception to
// the entry point, which makes an Error of it.
namespace lws::config::yaml {

class Failure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A node and its path from the root, for error texts.
struct Value {
    YAML::Node node;
    std::string path;

    [[noreturn]] void fail(std::string_view problem) const;

    [[nodiscard]] bool boolean() const;
    [[nodiscard]] std::int64_t integer(std::int64_t least, std::int64_t most) const;
    [[nodiscard]] double number() const;
    // Plain scalars that YAML reads as another type are refused: `bindAddress: 0` wants quotes.
    [[nodiscard]] std::string string() const;
    [[nodiscard]] std::chrono::nanoseconds duration() const;
    [[nodiscard]] std::vector<Value> items() const;
    // What a checker of texts returns, with this value's place in front of its error.
    template <class T>
    [[nodiscard]] T checked(Result<T> result) const {
        if (result.has_error()) {
            fail(result.error().message);
        }
        return std::move(result).value();
    }
};

struct Field {
    std::string_view name;
    // Not called for null: Kubernetes takes it for absent.
    std::function<void(const Value&)> read;
};

// Each member once, each one known.
void read_object(const Value& object, std::initializer_list<Field> fields);

// One document, at most 1 MiB, with exactly this apiVersion and kind; `read` gets its root.
[[nodiscard]] Result<void> read_document(
    std::string_view text, std::string_view kind, const std::function<void(const Value&)>& read
);

}  // namespace lws::config::yaml
