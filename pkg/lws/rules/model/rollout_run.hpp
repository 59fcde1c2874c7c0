// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "pkg/lws/rules/model/model_run.hpp"
#include "pkg/lws/rules/model/rollout_model.hpp"

namespace lws::rules::model {

inline void prove_both_gates(const std::string& name, RolloutScope scope) {
    scope.gate = Gate::off;
    prove(name + ", gate off", real_rollout_model(scope));
    scope.gate = Gate::on;
    prove(name + ", gate on", real_rollout_model(scope));
}

}  // namespace lws::rules::model
