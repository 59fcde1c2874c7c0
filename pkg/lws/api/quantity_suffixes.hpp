// SPDX-License-Identifier: Apache-2.0
// The unit suffixes of resource.Quantity (k8s.io/apimachinery v0.36, pkg/api/resource/suffix.go).
// Internal to Quantity.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lws::api {

struct DecimalSuffix {
    std::string_view text;
    std::int32_t exponent;
};

inline constexpr std::array<DecimalSuffix, 10> kDecimalSuffixes{
    {{"n", -9},
     {"u", -6},
     {"m", -3},
     {"", 0},
     {"k", 3},
     {"M", 6},
     {"G", 9},
     {"T", 12},
     {"P", 15},
     {"E", 18}}
};

// Position = power of 1024.
inline constexpr std::array<std::string_view, 7> kBinarySuffixes{
    "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"
};

}  // namespace lws::api
