// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/lws/support/result.hpp"
#include "webhook/review_codec.hpp"

namespace lws::webhook::fuzz {

// Ends the process with a report, which libFuzzer takes for a crash of the input.
[[noreturn]] void fail(std::string_view what);

template <class T>
T unwrap(Result<T> result) {
    if (!result) {
        fail(result.error().message);
    }
    return *std::move(result);
}

// An input is a byte of switches, then texts that are divided by the record separator of RFC 7464,
// which JSON cannot hold unescaped: inputs stay readable, and all files of the corpus are text.
inline constexpr char kSeparator = '\x1e';

struct Input {
    unsigned switches = 0;
    std::vector<std::string> texts;

    // Empty beyond the last.
    [[nodiscard]] const std::string& text(std::size_t index) const;
};
[[nodiscard]] Input read_input(const std::uint8_t* data, std::size_t size);

// From bits 4 and 5 of the switches.
[[nodiscard]] ReviewOptions options_of(unsigned switches);

// Fails when one input takes more than 20 seconds of processor time. libFuzzer's own alarm goes by
// the clock on the wall, which also runs while the process is stopped.
class ProcessorBudget {
public:
    ProcessorBudget();
    ~ProcessorBudget();
    ProcessorBudget(const ProcessorBudget&) = delete;
    ProcessorBudget& operator=(const ProcessorBudget&) = delete;

private:
    double start_;
};

}  // namespace lws::webhook::fuzz
