// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace lws::webhook::fuzz {

// A LLVMFuzzerCustomMutator for inputs that read_input() takes apart. Half of the time it changes
// one of the texts as JSON, so that most inputs stay objects that the rules look at; else, and
// where a text is not JSON, libFuzzer changes bytes.
std::size_t mutate_json_input(
    std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed
);

}  // namespace lws::webhook::fuzz
