// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "controller/testing/fake_cluster.hpp"

namespace lws::controller::testing {

// A request target, `/apis/apps/v1/namespaces/ml/statefulsets/vllm/status?fieldManager=lws`.
struct ApiPath {
    ObjectId id;  // empty resource: not a path that the fake serves
    std::string subresource;
    std::map<std::string, std::string, std::less<>> query;

    [[nodiscard]] std::string query_value(std::string_view key) const;
};

[[nodiscard]] ApiPath parse_api_path(std::string_view target);

}  // namespace lws::controller::testing
