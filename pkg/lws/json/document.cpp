// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/json/document.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "pkg/lws/json/surrogates.hpp"

namespace lws::json {
namespace {

constexpr unsigned kParseFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseValidateEncodingFlag;

// Stands between reader and document so that limits end the parse, not a later walk of the tree.
//
// Reads doubles itself: RapidJSON 1.1.0 either loses their last digits or, in its mode of full
// precision, makes another number of 0e300 and NaN of 1.9e308.
class LimitingHandler {
public:
    using Ch = char;

    LimitingHandler(
        rapidjson::Document& target,
        const rapidjson::InsituStringStream& stream,
        const char* text_end,
        const ParseLimits& limits
    )
        : target_(target), stream_(stream), text_end_(text_end), limits_(limits) {}

    // NOLINTBEGIN(readability-identifier-naming): RapidJSON names its handlers' members
    bool Null() { return count() && target_.Null(); }
    bool Bool(bool b) { return count() && target_.Bool(b); }
    bool Int(int i) { return count() && target_.Int(i); }
    bool Uint(unsigned i) { return count() && target_.Uint(i); }
    bool Int64(std::int64_t i) { return count() && target_.Int64(i); }
    bool Uint64(std::uint64_t i) { return count() && target_.Uint64(i); }
    bool Double(double rough) { return count() && exact_double(rough); }
    bool RawNumber(const char* s, rapidjson::SizeType n, bool copy) {
        return count() && target_.RawNumber(s, n, copy);
    }
    bool String(const char* s, rapidjson::SizeType n, bool copy) {
        return count() && target_.String(s, n, copy);
    }
    bool Key(const char* s, rapidjson::SizeType n, bool copy) { return target_.Key(s, n, copy); }
    bool StartObject() { return open() && target_.StartObject(); }
    bool EndObject(rapidjson::SizeType n) {
        --depth_;
        return target_.EndObject(n);
    }
    bool StartArray() { return open() && target_.StartArray(); }
    bool EndArray(rapidjson::SizeType n) {
        --depth_;
        return target_.EndArray(n);
    }
    // NOLINTEND(readability-identifier-naming)

    // Why the parse was ended from here, if it was.
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

private:
    bool count() {
        if (++values_ > limits_.max_values) {
            return fail_limit("more than " + std::to_string(limits_.max_values) + " values");
        }
        return true;
    }

    bool open() {
        if (!count()) {
            return false;
        }
        if (++depth_ > limits_.max_depth) {
            return fail_limit(
                "nested deeper than " + std::to_string(limits_.max_depth) + " levels"
            );
        }
        return true;
    }

    bool fail_limit(const std::string& limit) {
        failure_ = Error(ErrorCode::too_large, "JSON text is " + limit);
        return false;
    }

    // The reader moves the stream on only behind the number.
    bool exact_double(double rough) {
        const char* const text = stream_.src_;
        double exact = 0.0;
        if (std::from_chars(text, text_end_, exact).ec != std::errc()) {
            if (!(std::abs(rough) < 1.0)) {
                failure_ = Error(
                    ErrorCode::invalid_input,
                    "Number too big to be stored in double. At byte offset " +
                        std::to_string(text - stream_.head_) + "."
                );
                return false;
            }
            exact = std::copysign(0.0, rough);
        }
        return target_.Double(exact);
    }

    rapidjson::Document& target_;
    const rapidjson::InsituStringStream& stream_;
    const char* text_end_;
    const ParseLimits& limits_;
    std::size_t depth_ = 0;
    std::size_t values_ = 0;
    std::optional<Error> failure_;
};

// Where a character of several bytes begins that the end of the text cuts. RapidJSON takes as many
// bytes as the first one asks for, and would pass over the NUL behind the text.
std::optional<std::size_t> find_cut_character(std::string_view text) {
    for (std::size_t left = 1; left <= std::min<std::size_t>(3, text.size()); ++left) {
        const auto byte = static_cast<unsigned char>(text[text.size() - left]);
        const std::size_t length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
        if (length > left) {
            return text.size() - left;
        }
    }
    return std::nullopt;
}

}  // namespace

struct Document::Impl {
    std::string text;
    rapidjson::Document tree;
};

Document::Document() = default;
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

View Document::root() const {
    return impl_ ? View(&impl_->tree) : View();
}

Result<Document> parse(std::string text, const ParseLimits& limits) {
    if (text.size() > limits.max_bytes) {
        return Error(
            ErrorCode::too_large,
            "JSON text of " + std::to_string(text.size()) + " bytes exceeds the limit of " +
                std::to_string(limits.max_bytes)
        );
    }
    // In-situ parsing ends at the first NUL; a NUL inside the text would hide what follows it.
    if (const auto nul = text.find('\0'); nul != std::string::npos) {
        return Error(ErrorCode::invalid_input, "NUL byte at offset " + std::to_string(nul));
    }
    if (const auto half = find_half_pair(text)) {
        return Error(
            ErrorCode::invalid_input, "half of a surrogate pair at offset " + std::to_string(*half)
        );
    }
    if (const auto cut = find_cut_character(text)) {
        return Error(
            ErrorCode::invalid_input,
            std::string(rapidjson::GetParseError_En(rapidjson::kParseErrorStringInvalidEncoding)) +
                " At byte offset " + std::to_string(*cut) + "."
        );
    }
    Document document;
    document.impl_ = std::make_unique<Document::Impl>();
    auto& impl = *document.impl_;
    impl.text = std::move(text);

    rapidjson::ParseResult outcome;
    rapidjson::InsituStringStream stream(impl.text.data());
    LimitingHandler handler(impl.tree, stream, impl.text.data() + impl.text.size(), limits);
    auto generate = [&](rapidjson::Document&) {
        rapidjson::Reader reader;
        outcome = reader.Parse<kParseFlags>(stream, handler);
        return !outcome.IsError();
    };
    impl.tree.Populate(generate);
    if (handler.failure()) {
        return *handler.failure();
    }
    if (outcome.IsError()) {
        return Error(
            ErrorCode::invalid_input,
            std::string(rapidjson::GetParseError_En(outcome.Code())) + " At byte offset " +
                std::to_string(outcome.Offset()) + "."
        );
    }
    return document;
}

}  // namespace lws::json
