// SPDX-License-Identifier: Apache-2.0
#include "e2e/bench/webhook/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace lws::bench {
namespace {

double at_rank(const std::vector<std::uint32_t>& sorted, double share) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size()) - 1e-9));
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1] / 1000.0;
}

}  // namespace

Percentiles percentiles(std::vector<std::uint32_t>& nanoseconds) {
    if (nanoseconds.empty()) {
        return {};
    }
    std::sort(nanoseconds.begin(), nanoseconds.end());
    return {at_rank(nanoseconds, 0.5), at_rank(nanoseconds, 0.99), at_rank(nanoseconds, 0.999)};
}

Spread spread_of(std::vector<double> values) {
    if (values.empty()) {
        return {};
    }
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    const double median =
        values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

Spread ratio_of(const std::vector<double>& numerators, const std::vector<double>& denominators) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(numerators.size(), denominators.size()); ++i) {
        ratios.push_back(numerators[i] / denominators[i]);
    }
    return spread_of(std::move(ratios));
}

}  // namespace lws::bench
