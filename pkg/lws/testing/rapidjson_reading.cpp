// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/testing/rapidjson_reading.hpp"

#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace lws::testing {
namespace {

std::string print_double(double number) {
    std::array<char, 40> text{};
    const int size = std::snprintf(text.data(), text.size(), "%a", number);
    return {text.data(), static_cast<std::size_t>(size)};
}

bool is_utf8(std::string_view text) {
    rapidjson::MemoryStream bytes(text.data(), text.size());
    while (bytes.Tell() < text.size()) {
        unsigned code = 0;
        if (!rapidjson::UTF8<>::Decode(bytes, &code)) {
            return false;
        }
    }
    return bytes.Tell() == text.size();
}

// Prints what the reader tells it, as outline() prints a view.
class Outliner {
public:
    using Ch = char;

    explicit Outliner(std::size_t max_depth) : max_depth_(max_depth) {}

    // NOLINTBEGIN(readability-identifier-naming): RapidJSON names its handlers' members
    bool Null() { return add("null"); }
    bool Bool(bool b) { return add(b ? "true" : "false"); }
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
    bool RawNumber(const char* s, rapidjson::SizeType n, bool) { return add_number({s, n}); }
    bool String(const char* s, rapidjson::SizeType n, bool) { return add_text('s', {s, n}); }
    bool Key(const char* s, rapidjson::SizeType n, bool) { return add_text('k', {s, n}); }
    bool StartObject() { return ++depth_ <= max_depth_ && add("{"); }
    bool EndObject(rapidjson::SizeType) { return end("}"); }
    bool StartArray() { return ++depth_ <= max_depth_ && add("["); }
    bool EndArray(rapidjson::SizeType) { return end("]"); }
    // NOLINTEND(readability-identifier-naming)

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    bool add(std::string_view token) {
        text_.append(token).append(" ");
        return true;
    }
    bool add_text(char kind, std::string_view text) {
        text_ += kind + std::to_string(text.size()) + ':';
        return is_utf8(text) && add(text);
    }
    bool add_number(const std::string& number) {
        errno = 0;
        if (number.find_first_of(".eE") == std::string::npos) {
            const long long integer = std::strtoll(number.c_str(), nullptr, 10);
            if (errno == 0) {
                return add("i" + std::to_string(integer));
            }
            errno = 0;
            const unsigned long long large = std::strtoull(number.c_str(), nullptr, 10);
            if (errno == 0 && number.front() != '-') {
                return add("i" + std::to_string(large));
            }
        }
        const double value = std::strtod(number.c_str(), nullptr);
        return std::isfinite(value) && add(print_double(value));
    }
    bool end(std::string_view token) {
        --depth_;
        return add(token);
    }

    std::size_t max_depth_;
    std::size_t depth_ = 0;
    std::string text_;
};

void append_outline(std::string& out, json::View view) {
    const auto add_text = [&out](char kind, std::string_view text) {
        out += kind + std::to_string(text.size()) + ':';
        out.append(text).append(" ");
    };
    if (view.is_object()) {
        out += "{ ";
        for (const auto& [key, value] : view.members()) {
            add_text('k', key);
            append_outline(out, value);
        }
        out += "} ";
    } else if (view.is_array()) {
        out += "[ ";
        for (const auto item : view.items()) {
            append_outline(out, item);
        }
        out += "] ";
    } else if (const auto text = view.string()) {
        add_text('s', *text);
    } else if (const auto integer = view.int64()) {
        out += "i" + std::to_string(*integer) + " ";
    } else if (const auto large = view.uint64()) {
        out += "i" + std::to_string(*large) + " ";
    } else if (const auto number = view.number()) {
        out += print_double(*number) + " ";
    } else if (const auto flag = view.boolean()) {
        out += *flag ? "true " : "false ";
    } else {
        out += view.is_null() ? "null " : "nothing ";
    }
}

}  // namespace

RapidjsonReading read_with_rapidjson(std::string_view text, std::size_t max_depth) {
    RapidjsonReading reading;
    if (text.find('\0') != std::string_view::npos) {
        return reading;
    }
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                                rapidjson::kParseValidateEncodingFlag |
                                rapidjson::kParseNumbersAsStringsFlag;
    // RapidJSON reads on behind a text that ends within a character.
    const std::string padded = std::string(text) + std::string(4, '\0');
    rapidjson::StringStream stream(padded.c_str());
    Outliner outliner(max_depth);
    rapidjson::Reader reader;
    const auto outcome = reader.Parse<kFlags>(stream, outliner);
    reading.number_too_big = outcome.Code() == rapidjson::kParseErrorNumberTooBig;
    if (!outcome.IsError()) {
        reading.outline = outliner.text();
    }
    return reading;
}

std::string outline(json::View view) {
    std::string out;
    append_outline(out, view);
    return out;
}

std::string compare_with_rapidjson(std::string_view text) {
    const json::ParseLimits limits;
    const auto expected = read_with_rapidjson(text, limits.max_depth);
    const auto document = json::parse(std::string(text), limits);
    if (expected.number_too_big) {
        return "";
    }
    if (document.has_value() != expected.outline.has_value()) {
        return document ? "accepted, and RapidJSON refuses it"
                        : "refused, and RapidJSON accepts it: " + document.error().message;
    }
    if (!document) {
        return document.error().message.empty() ? "refused without a word" : "";
    }
    const auto ours = outline(document->root());
    return ours == *expected.outline ? "" : "read as " + ours + ", not as " + *expected.outline;
}

}  // namespace lws::testing
