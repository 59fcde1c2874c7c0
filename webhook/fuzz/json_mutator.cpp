// SPDX-License-Identifier: Apache-2.0
#include "webhook/fuzz/json_mutator.hpp"

#include <algorithm>
#include <string>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/testing/json_tree.hpp"
#include "webhook/fuzz/fuzz_target.hpp"
#include "webhook/property/random.hpp"
#include "webhook/property/tree_mutations.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace lws::webhook::fuzz {
namespace {

// True when the text was JSON and is changed.
bool change(std::string& text, property::Random& random) {
    const auto document = json::parse(text);
    if (!document) {
        return false;
    }
    auto tree = lws::testing::read_tree(document->root());
    for (auto changes = random.up_to(4) + 1; changes > 0; --changes) {
        property::mutate(tree, random);
    }
    text = lws::testing::to_text(tree);
    return true;
}

std::string join(const Input& input) {
    std::string out(1, static_cast<char>(input.switches));
    for (std::size_t i = 0; i < input.texts.size(); ++i) {
        if (i > 0) {
            out += kSeparator;
        }
        out += input.texts[i];
    }
    return out;
}

}  // namespace

std::size_t mutate_json_input(
    std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed
) {
    property::Random random(seed);
    if (random.one_in(2)) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    auto input = read_input(data, size);
    if (input.texts.empty() || !change(input.texts[random.up_to(input.texts.size())], random)) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    // An update that changes little is nearer to the rules than two objects at random.
    if (random.one_in(8)) {
        input.texts.resize(2);
        input.texts[1] = input.texts[0];
        change(input.texts[1], random);
    }
    if (random.one_in(8)) {
        input.switches ^= 1U << random.up_to(8);
    }
    const auto text = join(input);
    if (text.size() > max_size) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    std::copy(text.begin(), text.end(), data);
    return text.size();
}

}  // namespace lws::webhook::fuzz
