// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkg/lws/json/view.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// Whether every member of a pod that admission reads has the type of core/v1, null and absence
// being alike. The error (invalid_input) names the first one that has not. What passes can be read
// by plan_pod() without a further look at types; members that nobody here reads are not looked at.
[[nodiscard]] Result<void> check_pod_shape(json::View pod);

}  // namespace lws::rules
