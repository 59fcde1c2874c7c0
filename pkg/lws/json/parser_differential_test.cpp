// SPDX-License-Identifier: Apache-2.0
// Our parser against RapidJSON: what one refuses the other refuses, what one reads the other reads.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/rapidjson_reading.hpp"

namespace lws::json {
namespace {

using testing::compare_with_rapidjson;

// Makes texts that are JSON, and then spoils some.
class TextGenerator {
public:
    explicit TextGenerator(unsigned seed) : random_(seed) {}

    std::string value(int depth) {
        const unsigned kind = below(depth > 0 ? 9 : 6);
        switch (kind) {
            case 0:
                return pick({"true", "false", "null"});
            case 1:
                return number();
            case 6:
                return list('{', '}', depth, true);
            case 7:
            case 8:
                return list('[', ']', depth, false);
            default:
                return string();
        }
    }

    std::string spoiled(std::string text) {
        for (unsigned i = 0, times = 1 + below(3); i < times; ++i) {
            const std::size_t at = below(static_cast<unsigned>(text.size()) + 1);
            switch (below(4)) {
                case 0:
                    text.resize(at);
                    break;
                case 1:
                    text.erase(at, 1 + below(4));
                    break;
                case 2:
                    text.insert(at, 1, static_cast<char>(below(256)));
                    break;
                default:
                    text.insert(at, odd_piece());
            }
        }
        return text;
    }

private:
    unsigned below(unsigned end) {
        return std::uniform_int_distribution<unsigned>(0, end - 1)(random_);
    }

    std::string pick(std::vector<std::string_view> texts) {
        return std::string(texts[below(static_cast<unsigned>(texts.size()))]);
    }

    std::string blanks() { return below(4) == 0 ? pick({" ", "\n", "\t\r", "   "}) : ""; }

    std::string number() {
        std::string text = pick({"", "-"}) + pick(
                                                 {"0",
                                                  "7",
                                                  "120",
                                                  "9007199254740993",
                                                  "9223372036854775807",
                                                  "9223372036854775808",
                                                  "18446744073709551615",
                                                  "18446744073709551616",
                                                  "123456789012345678901234567890"}
                                             );
        text += pick({"", "", "", ".0", ".5", ".000001", ".1234567890123456789"});
        return text + pick({"", "", "", "e0", "E+5", "e-7", "e300", "e-400", "e309"});
    }

    std::string string() {
        std::string text = "\"";
        for (unsigned i = 0, pieces = below(5); i < pieces; ++i) {
            text += below(2) == 0 ? std::string(below(40), static_cast<char>('a' + below(26)))
                                  : pick(
                                        {"\\n",
                                         "\\\"",
                                         "\\\\",
                                         "\\/",
                                         "\\u0041",
                                         "\\u00e9",
                                         "\\u20AC",
                                         "\\ud83d\\ude00",
                                         "\\u0000",
                                         "é",
                                         "€",
                                         "😀",
                                         "\x7f",
                                         "\xf4\x8f\xbf\xbf",
                                         "\xee\x80\x80"}
                                    );
        }
        return text + '"';
    }

    std::string odd_piece() {
        return pick(
            {"\\ud800",
             "\\udc00",
             "\\u12",
             "\\x",
             "\xc0\xaf",
             "\xed\xa0\x80",
             "\xf4\x90\x80\x80",
             "\xe0\x80\x80",
             "\xc3",
             "\xf0\x9f",
             "\xff",
             "\x1f",
             "01",
             "-",
             "1.",
             ".5",
             "1e",
             "+1",
             "nul",
             "tru",
             "NaN",
             "Infinity",
             ",",
             ":",
             "{",
             "}",
             "[",
             "]",
             "\"",
             "/**/",
             "1e309",
             "0e309",
             "\n"}
        );
    }

    std::string list(char begin, char end, int depth, bool keys) {
        std::string text(1, begin);
        for (unsigned i = 0, count = below(6); i < count; ++i) {
            text += i > 0 ? "," : "";
            text += blanks() + (keys ? string() + blanks() + ":" + blanks() : "") +
                    value(depth - 1) + blanks();
        }
        return text + blanks() + end;
    }

    std::mt19937 random_;
};

TEST_CASE("generated texts are read as RapidJSON reads them", "[json]") {
    TextGenerator generate(20'261);
    int accepted = 0;
    int refused = 0;
    for (int i = 0; i < 6000; ++i) {
        const auto text = generate.value(5);
        CAPTURE(i, text);
        REQUIRE(compare_with_rapidjson(text) == "");
        const auto spoiled = generate.spoiled(text);
        CAPTURE(spoiled);
        REQUIRE(compare_with_rapidjson(spoiled) == "");
        accepted += parse(text).has_value() ? 1 : 0;
        refused += parse(spoiled).has_value() ? 0 : 1;
    }
    CHECK(accepted > 5000);
    CHECK(refused > 3000);
}

TEST_CASE("the corpus of the fuzz targets is read as RapidJSON reads it", "[json]") {
    int files = 0;
    int accepted = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(LWS_SOURCE_DIR "/webhook/fuzz/corpus")) {
        if (!entry.is_regular_file()) {
            continue;
        }
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        ++files;
        CAPTURE(entry.path().string());
        REQUIRE(compare_with_rapidjson(bytes) == "");
        // Most targets take a byte of switches and then texts with a separator between them.
        std::size_t begin = std::min<std::size_t>(1, bytes.size());
        while (begin <= bytes.size()) {
            const std::size_t end = std::min(bytes.find('\x1e', begin), bytes.size());
            const auto text = bytes.substr(begin, end - begin);
            REQUIRE(compare_with_rapidjson(text) == "");
            accepted += parse(text).has_value() ? 1 : 0;
            begin = end + 1;
        }
    }
    CHECK(files > 500);
    CHECK(accepted > 100);
}

TEST_CASE("a string may have any length and any byte at any place of it", "[json]") {
    for (std::size_t size = 0; size < 50; ++size) {
        for (std::size_t at = 0; at <= size; ++at) {
            for (const std::string_view piece :
                 {"", "\\n", "\"", "\\", "\x01", "é", "\xc3", "\\u00e9"}) {
                const auto text =
                    std::string(at, 'x') + std::string(piece) + std::string(size - at, 'y');
                for (const auto& whole : {'"' + text, '"' + text + '"', "[\"" + text + "\", 1]"}) {
                    CAPTURE(whole);
                    REQUIRE(compare_with_rapidjson(whole) == "");
                }
            }
        }
    }
}

}  // namespace
}  // namespace lws::json
