// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lws::config {

struct BuildInfo {
    std::string_view version;   // semantic version of the project, one place: CMakeLists.txt
    std::string_view commit;    // of the source, or `unknown`
    std::string_view platform;  // `linux/amd64`
};

[[nodiscard]] const BuildInfo& build_info();

// `lws-webhook 0.1.0 (unknown, linux/amd64)`
[[nodiscard]] std::string version_line(std::string_view program);

// `lws/0.1.0 (linux/amd64) unknown`, the form of kubernetes-sigs/lws pkg/utils/useragent.
[[nodiscard]] std::string user_agent();

}  // namespace lws::config
