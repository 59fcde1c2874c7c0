// SPDX-License-Identifier: Apache-2.0
// One text as a pod within well-formed reviews.
#include "webhook/fuzz/fuzz_target.hpp"
#include "webhook/fuzz/json_mutator.hpp"
#include "webhook/property/object_checks.hpp"

extern "C" std::size_t LLVMFuzzerCustomMutator(
    std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed
) {
    return lws::webhook::fuzz::mutate_json_input(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lws::webhook;
    const fuzz::ProcessorBudget budget;
    const auto input = fuzz::read_input(data, size);
    const auto options = fuzz::options_of(input.switches);
    const auto checked = property::check_pod({input.text(0), {}, options, input.switches});
    if (checked.has_error()) {
        fuzz::fail(checked.error().message);
    }
    return 0;
}
