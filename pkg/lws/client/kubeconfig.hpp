// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "pkg/lws/client/connection_settings.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {

// Reads the text of a kubeconfig file (kubectl config, v1). `context` empty: current-context.
// Relative file names are resolved against `folder`, as client-go does. Not supported, with an
// error that says so: exec and auth-provider plugins, user and password, http:// servers,
// proxy-url. Errors name the field and never quote a credential.
[[nodiscard]] Result<ConnectionSettings> parse_kubeconfig(
    std::string_view text, std::string_view folder, std::string_view context = {}
);

// `https://host[:port][/path]` into host, port (443 when absent) and base_path of `settings`.
[[nodiscard]] Result<void> set_server_url(ConnectionSettings& settings, std::string_view url);

}  // namespace lws::client
