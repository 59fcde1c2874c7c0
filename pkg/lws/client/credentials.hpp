// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/lws/client/connection_settings.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::client {

inline constexpr std::string_view kServiceAccountFolder =
    "/var/run/secrets/kubernetes.io/serviceaccount";

using Environment = std::function<std::optional<std::string>(std::string_view name)>;
[[nodiscard]] std::optional<std::string> process_environment(std::string_view name);

// What a pod's service account gives: KUBERNETES_SERVICE_HOST and _PORT, and token, ca.crt and
// namespace in `folder`. not_found when we are not in a cluster.
[[nodiscard]] Result<ConnectionSettings> in_cluster_settings(
    const Environment& environment = process_environment,
    const std::string& folder = std::string(kServiceAccountFolder)
);

[[nodiscard]] Result<ConnectionSettings> load_kubeconfig(
    const std::string& path, std::string_view context = {}
);

// As controller-runtime looks for them: the file given (--kubeconfig), else $KUBECONFIG (one file),
// else the cluster we run in, else ~/.kube/config.
[[nodiscard]] Result<ConnectionSettings> find_settings(
    const std::string& kubeconfig_path, const Environment& environment = process_environment
);

// The bearer token, read again from its file at most once a minute (kubelet rotates a projected
// token long before it expires) or on refresh(). The last good token stays when the file cannot be
// read. Not thread-safe.
class TokenSource {
public:
    using Clock = std::chrono::steady_clock;

    TokenSource(std::string token, std::string file)
        : token_(std::move(token)), file_(std::move(file)) {}
    explicit TokenSource(const ConnectionSettings& settings)
        : TokenSource(settings.token, settings.token_file) {}

    // Empty when there is none.
    [[nodiscard]] const std::string& current(Clock::time_point now);

    // After a 401: true if the file now holds another token than `used`.
    [[nodiscard]] bool refresh(std::string_view used, Clock::time_point now);

private:
    void read(Clock::time_point now);

    std::string token_;
    std::string file_;
    std::optional<Clock::time_point> read_at_;
};

}  // namespace lws::client
