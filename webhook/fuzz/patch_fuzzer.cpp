// SPDX-License-Identifier: Apache-2.0
// The first text is an object, the bytes of the second are calls of a PatchBuilder for it.
#include <array>

#include "pkg/lws/json/document.hpp"
#include "webhook/fuzz/fuzz_target.hpp"
#include "webhook/fuzz/json_mutator.hpp"
#include "webhook/fuzz/patch_model.hpp"

namespace lws::webhook::fuzz {
namespace {

using lws::testing::JsonTree;

// Takes choices from bytes; 0 when there are no more.
class Choices {
public:
    explicit Choices(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }

    std::size_t up_to(std::size_t limit) {
        if (bytes_.empty()) {
            return 0;
        }
        const auto byte = static_cast<unsigned char>(bytes_.front());
        bytes_.remove_prefix(1);
        return byte % limit;
    }

private:
    std::string_view bytes_;
};

constexpr std::array<std::string_view, 9> kKeys{
    "a", "b", "", "a/b", "~", "~1", "0", "\"\\\n", "\xC3\xA9\xF0\x9F\x98\x80"
};
constexpr std::array<std::string_view, 8> kValues{
    "null", "{}", "[]", "[1,[2]]", R"({"a":{"b":null}})", "-1", "\"\"", "true"
};

// Mostly along what is there.
Steps choose_path(const JsonTree& tree, Choices& choices) {
    Steps path;
    const auto length = 1 + choices.up_to(PatchModel::kMaxSteps);
    const JsonTree* here = &tree;
    static const JsonTree kNothing;
    while (path.size() < length) {
        const auto choice = choices.up_to(16);
        if (here->is_object() && !here->fields.empty() && choice < 12) {
            const auto& field = here->fields[choices.up_to(here->fields.size())];
            path.push_back({field.first, std::nullopt});
            here = &field.second;
        } else if (here->is_array() && choice < 12) {
            const auto index = choices.up_to(here->items.size() + 1);
            path.push_back({"", index});
            here = index < here->items.size() ? &here->items[index] : &kNothing;
        } else {
            const std::string key(kKeys[choices.up_to(kKeys.size())]);
            path.push_back({key, std::nullopt});
            const auto* next = here->is_object() ? here->find(key) : nullptr;
            here = next != nullptr ? next : &kNothing;
        }
    }
    return path;
}

void call(PatchModel& model, Choices& choices) {
    const auto which = choices.up_to(10);
    const auto path = choose_path(model.tree(), choices);
    const auto value = kValues[choices.up_to(kValues.size())];
    switch (which) {
        case 0:
            return model.ensure_object(path);
        case 1:
            return model.ensure_array(path);
        case 2:
            return model.set_text(path, kKeys[choices.up_to(kKeys.size())]);
        case 3:
            return model.set_number(path, static_cast<std::int64_t>(choices.up_to(5)) - 2);
        case 4:
            return model.set_flag(path, choices.up_to(2) == 1);
        case 5:
            return model.set_raw(path, value);
        case 6:
            return model.replace_raw(path, value);
        case 7:
            return model.remove(path);
        case 8:
            return model.append_raw(path, value);
        default:
            return model.insert_raw(path, choices.up_to(4), value);
    }
}

void check(const Input& input) {
    const auto document = json::parse(input.text(0));
    if (!document) {
        return;
    }
    const auto plain = lws::testing::without_duplicates(lws::testing::read_tree(document->root()));
    const auto original = json::parse(lws::testing::to_text(plain));
    PatchModel model(original->root());
    Choices choices(input.text(1));
    while (!choices.empty()) {
        call(model, choices);
    }
    model.check();
}

}  // namespace
}  // namespace lws::webhook::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(
    std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed
) {
    return lws::webhook::fuzz::mutate_json_input(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const lws::webhook::fuzz::ProcessorBudget budget;
    lws::webhook::fuzz::check(lws::webhook::fuzz::read_input(data, size));
    return 0;
}
