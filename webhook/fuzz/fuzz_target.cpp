// SPDX-License-Identifier: Apache-2.0
#include "webhook/fuzz/fuzz_target.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace lws::webhook::fuzz {
namespace {

constexpr double kMaxSeconds = 20.0;

double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

void fail(std::string_view what) {
    std::fprintf(stderr, "FINDING: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

const std::string& Input::text(std::size_t index) const {
    static const std::string kNone;
    return index < texts.size() ? texts[index] : kNone;
}

Input read_input(const std::uint8_t* data, std::size_t size) {
    Input input;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    if (rest.empty()) {
        return input;
    }
    input.switches = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    while (true) {
        const auto end = rest.find(kSeparator);
        input.texts.emplace_back(rest.substr(0, end));
        if (end == std::string_view::npos) {
            return input;
        }
        rest.remove_prefix(end + 1);
    }
}

ReviewOptions options_of(unsigned switches) {
    ReviewOptions options;
    if ((switches & 16U) != 0) {
        options.pods.gang_scheduling = rules::GangScheduling::volcano;
    }
    if ((switches & 32U) != 0) {
        options.sets.name_rule = api::ValidationOptions::NameRule::warn;
    }
    return options;
}

ProcessorBudget::ProcessorBudget() : start_(processor_seconds()) {}

ProcessorBudget::~ProcessorBudget() {
    if (processor_seconds() - start_ > kMaxSeconds) {
        fail("one input took more than 20 seconds of processor time");
    }
}

}  // namespace lws::webhook::fuzz
