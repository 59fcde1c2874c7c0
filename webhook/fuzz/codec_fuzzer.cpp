// SPDX-License-Identifier: Apache-2.0
// Any bytes as the body of a review. Bits 0 and 1 of the switches choose the path, bits 2 and 3 the
// content type.
#include <array>

#include "webhook/fuzz/fuzz_target.hpp"
#include "webhook/property/answer_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lws::webhook;
    constexpr std::array kKinds{
        ReviewKind::mutate_set,
        ReviewKind::validate_set,
        ReviewKind::mutate_pod,
        ReviewKind::validate_pod
    };
    constexpr std::array<std::string_view, 4> kTypes{
        property::kJsonType, property::kJsonType, property::kJsonType, ""
    };
    if (size == 0) {
        return 0;
    }
    const fuzz::ProcessorBudget budget;
    const unsigned switches = data[0];
    const std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto kind = kKinds[switches & 3U];
    const auto type = kTypes[switches >> 2U & 3U];
    const auto answer = fuzz::unwrap(property::ask(kind, type, body, fuzz::options_of(switches)));
    // The same bytes get the same answer.
    const auto again = handle_review(kind, type, body, fuzz::options_of(switches));
    if (again.body != answer.response.body) {
        fuzz::fail("two answers to the same bytes");
    }
    return 0;
}
