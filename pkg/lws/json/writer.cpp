// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/writer.hpp"

#include <rapidjson/writer.h>

namespace lws::json {
namespace {

// The stream concept of RapidJSON over a std::string that somebody else owns.
struct StringSink {
    using Ch = char;
    std::string* out;
    // NOLINTBEGIN(readability-identifier-naming): RapidJSON names its streams' members
    void Put(char c) { out->push_back(c); }
    void Flush() {}
    // NOLINTEND(readability-identifier-naming)
};

rapidjson::SizeType size_of(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
}

// A string_view may have a null data pointer, which RapidJSON asserts on.
const char* data_of(std::string_view text) {
    return text.empty() ? "" : text.data();
}

}  // namespace

struct Writer::Impl {
    explicit Impl(std::string& out) : sink{&out}, writer(sink) {}
    StringSink sink;
    rapidjson::Writer<StringSink> writer;
};

Writer::Writer(std::string& out) : impl_(std::make_unique<Impl>(out)) {}
Writer::~Writer() = default;

Writer& Writer::begin_object() {
    impl_->writer.StartObject();
    return *this;
}

Writer& Writer::end_object() {
    impl_->writer.EndObject();
    return *this;
}

Writer& Writer::begin_array() {
    impl_->writer.StartArray();
    return *this;
}

Writer& Writer::end_array() {
    impl_->writer.EndArray();
    return *this;
}

Writer& Writer::key(std::string_view name) {
    impl_->writer.Key(data_of(name), size_of(name));
    return *this;
}

Writer& Writer::value(std::string_view text) {
    impl_->writer.String(data_of(text), size_of(text));
    return *this;
}

Writer& Writer::value(double number) {
    impl_->writer.Double(number);
    return *this;
}

Writer& Writer::value(View view) {
    if (!view.exists()) {
        return null();
    }
    if (view.is_object()) {
        begin_object();
        for (const auto& [name, member] : view.members()) {
            key(name).value(member);
        }
        return end_object();
    }
    if (view.is_array()) {
        begin_array();
        for (const View item : view.items()) {
            value(item);
        }
        return end_array();
    }
    return write_scalar(view);
}

Writer& Writer::null() {
    impl_->writer.Null();
    return *this;
}

Writer& Writer::raw(std::string_view json) {
    impl_->writer.RawValue(json.data(), json.size(), rapidjson::kStringType);
    return *this;
}

Writer& Writer::write_scalar(View view) {
    if (const auto text = view.string()) {
        return value(*text);
    }
    if (const auto flag = view.boolean()) {
        return write_bool(*flag);
    }
    if (const auto number = view.int64()) {
        return write_int(*number);
    }
    if (const auto number = view.uint64()) {
        return write_uint(*number);
    }
    if (const auto number = view.number()) {
        return value(*number);
    }
    return null();
}

Writer& Writer::write_bool(bool flag) {
    impl_->writer.Bool(flag);
    return *this;
}

Writer& Writer::write_int(std::int64_t number) {
    impl_->writer.Int64(number);
    return *this;
}

Writer& Writer::write_uint(std::uint64_t number) {
    impl_->writer.Uint64(number);
    return *this;
}

std::string to_text(View view) {
    std::string out;
    Writer(out).value(view);
    return out;
}

std::string quoted(std::string_view text) {
    std::string out;
    Writer(out).value(text);
    return out;
}

}  // namespace lws::json
