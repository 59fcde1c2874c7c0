// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "webhook/property/case.hpp"

namespace lws::webhook::property {

// Takes members and elements out of the JSON texts of a failing case, one at a time, as long as
// `fails` says that it still does. Texts that are no JSON, huge ones and cases with a twin stay.
[[nodiscard]] Case shrink(Case c, const std::function<bool(const Case&)>& fails);

}  // namespace lws::webhook::property
