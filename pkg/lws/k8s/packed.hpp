// SPDX-License-Identifier: Apache-2.0
// Objects as stores hold them: all members one after another in one block of bytes. A pod's struct
// with its two dozen strings takes 900 bytes and more, its block 250.
#pragma once

#include <boost/pfr/core.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "pkg/lws/k8s/meta.hpp"

namespace lws::k8s {

// Appends values to `out`. Short texts cost a byte more than their length; UUIDs as Kubernetes
// prints them 17.
class PackWriter {
public:
    explicit PackWriter(std::string& out) : out_(out) {}

    void put(std::string_view text);
    void put(std::int64_t number);
    void put(std::uint64_t bits);
    void put(const std::string& text) { put(std::string_view(text)); }
    void put(std::int32_t number) { put(std::int64_t{number}); }
    void put(bool flag) { put(std::int64_t{flag}); }
    void put(Seconds time) { put(std::int64_t{time.time_since_epoch().count()}); }

    template <class T>
        requires std::is_enum_v<T>
    void put(T value) {
        put(static_cast<std::int64_t>(value));
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    void put(const ObjectKey& key) {
        put(key.namespace_);
        put(key.name);
    }
    template <class T>
        requires std::is_aggregate_v<T>
    void put(const T& value) {
        boost::pfr::for_each_field(value, [this](const auto& member) { put(member); });
    }

private:
    std::string& out_;
};

// Takes values in the order in which they were put.
class PackReader {
public:
    explicit PackReader(std::string_view bytes) : rest_(bytes) {}

    void take(std::string& text);
    void take(std::int64_t& number);
    void take(std::uint64_t& bits);
    void take(std::int32_t& number) { number = static_cast<std::int32_t>(take_number()); }
    void take(bool& flag) { flag = take_number() != 0; }
    void take(Seconds& time) { time = Seconds(std::chrono::seconds(take_number())); }

    template <class T>
        requires std::is_enum_v<T>
    void take(T& value) {
        value = static_cast<T>(take_number());
    }
    template <class T>
    void take(std::optional<T>& value) {
        if (take_number() != 0) take(value.emplace());
    }
    void take(ObjectKey& key) {
        take(key.namespace_);
        take(key.name);
    }
    template <class T>
        requires std::is_aggregate_v<T>
    void take(T& value) {
        boost::pfr::for_each_field(value, [this](auto& member) { take(member); });
    }

private:
    [[nodiscard]] std::int64_t take_number() {
        std::int64_t number = 0;
        take(number);
        return number;
    }

    std::string_view rest_;
};

// Bytes of a length that is fixed when they are made; as large as a pointer.
class PackedBlock {
public:
    explicit PackedBlock(std::string_view bytes);

    [[nodiscard]] std::string_view bytes() const;

    friend bool operator==(const PackedBlock& a, const PackedBlock& b) {
        return a.bytes() == b.bytes();
    }

private:
    std::unique_ptr<char[]> block_;  // the length, then the bytes
};

// An aggregate whose first member is its ObjectKey.
template <class T>
class Packed {
public:
    explicit Packed(const T& value) : block_(pack(value)) {}

    [[nodiscard]] T unpack() const {
        T value;
        PackReader(block_.bytes()).take(value);
        return value;
    }
    [[nodiscard]] ObjectKey key() const {
        ObjectKey key;
        PackReader(block_.bytes()).take(key);
        return key;
    }
    [[nodiscard]] std::size_t size() const { return block_.bytes().size(); }

    // Equal values have equal bytes.
    friend bool operator==(const Packed&, const Packed&) = default;

private:
    static std::string pack(const T& value) {
        static_assert(std::same_as<boost::pfr::tuple_element_t<0, T>, ObjectKey>);
        std::string bytes;
        PackWriter(bytes).put(value);
        return bytes;
    }

    PackedBlock block_;
};

}  // namespace lws::k8s
