// SPDX-License-Identifier: Apache-2.0
// Any bytes as JSON: the parser accepts what the standard allows, within its limits, reads what
// RapidJSON reads, and what it read can be written and read again.
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/testing/rapidjson_reading.hpp"
#include "webhook/fuzz/fuzz_target.hpp"
#include "webhook/fuzz/json_recogniser.hpp"

namespace lws::webhook::fuzz {
namespace {

constexpr int kDepth = 16;
constexpr std::size_t kValues = 500;

// Every text of the tree is UTF-8, and comes back from a literal as it was.
void check_texts(json::View value) {
    if (const auto text = value.string()) {
        std::string literal;
        json::append_quoted(literal, *text);
        const auto again = json::parse(literal);
        if (!is_utf8(*text) || !again || again->root().string() != *text) {
            fail("a text does not come back: " + literal);
        }
    }
    for (const auto& [key, member] : value.members()) {
        if (!is_utf8(key) || !value[key].exists()) {
            fail("a key is not UTF-8 or not found");
        }
        check_texts(member);
    }
    for (const auto item : value.items()) {
        check_texts(item);
    }
}

void check(const std::string& text) {
    if (const auto difference = lws::testing::compare_with_rapidjson(text); !difference.empty()) {
        fail(difference);
    }
    json::ParseLimits limits;
    limits.max_depth = kDepth;
    limits.max_values = kValues;
    const auto document = json::parse(text, limits);
    const auto verdict = recognise_json(text, kDepth);
    const bool too_many =
        !document && document.error().message.find(" values") != std::string::npos;
    if (verdict != Verdict::either && !too_many &&
        document.has_value() != (verdict == Verdict::json)) {
        fail(
            document ? "accepted, although it is no JSON" : "refused: " + document.error().message
        );
    }
    if (!document) {
        if (document.error().message.empty()) {
            fail("refused without a word");
        }
        return;
    }
    check_texts(document->root());
    const auto written = json::to_text(document->root());
    const auto again = json::parse(written);
    if (!again || json::to_text(again->root()) != written) {
        fail("what was written is not what was read: " + written);
    }
}

}  // namespace
}  // namespace lws::webhook::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const lws::webhook::fuzz::ProcessorBudget budget;
    lws::webhook::fuzz::check(std::string(reinterpret_cast<const char*>(data), size));
    return 0;
}
