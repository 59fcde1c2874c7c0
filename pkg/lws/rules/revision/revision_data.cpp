// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/revision/revision_data.hpp"

#include <cstdint>

#include "pkg/lws/rules/revision/revision_printer.hpp"

namespace lws::rules {

Result<std::string> make_revision_data(json::View spec) {
    return print_revision_data(spec, Purpose::store);
}

std::string revision_key(std::string_view data) {
    constexpr std::uint32_t kOffset = 2166136261U;
    constexpr std::uint32_t kPrime = 16777619U;
    // k8s.io/apimachinery, pkg/util/rand: letters and digits that spell no words.
    constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
    std::uint32_t hash = kOffset;
    for (const char c : data) {
        hash *= kPrime;
        hash ^= static_cast<unsigned char>(c);
    }
    std::string key = std::to_string(hash);
    for (char& c : key) {
        c = kLetters[static_cast<unsigned char>(c) % kLetters.size()];
    }
    return key;
}

Result<std::string> normalise_revision_data(json::View data) {
    if (!data["spec"].is_object()) {
        return Error{ErrorCode::invalid_input, "data.spec: expected object"};
    }
    return print_revision_data(data["spec"], Purpose::store);
}

bool same_template(json::View spec, json::View stored_data) {
    const json::View stored = stored_data["spec"];
    if (!stored.is_object()) {
        return false;
    }
    const auto live_text = print_revision_data(spec, Purpose::compare);
    const auto stored_text = print_revision_data(stored, Purpose::compare);
    return live_text && stored_text && *live_text == *stored_text;
}

json::View stored_spec(json::View controller_revision) {
    return controller_revision["data"]["spec"];
}

}  // namespace lws::rules
