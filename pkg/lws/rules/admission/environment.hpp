// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pkg/lws/json/patch.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/rules/admission/pod_draft.hpp"
#include "pkg/lws/rules/admission/tpu.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

struct EnvVar {
    std::string_view name;
    std::string_view value;
};

// Brings the `env` of one container, at /spec/<list>/<index>, to: `front`, then its own entries and
// then `back`, of each name the first only. Entries are inserted, appended and removed whole; one
// that is there already in its place stays. Null, absent and empty env are alike. No two of `front`
// share a name. False when the container is neither an object nor null.
// Source: kubernetes-sigs/lws v0.10 pkg/utils/pod/pod_utils.go, addEnvVarsIfNotExists.
[[nodiscard]] bool plan_container_env(
    json::PatchBuilder& patch,
    std::string_view list,
    std::size_t index,
    json::View container,
    std::span<const EnvVar> front,
    std::span<const EnvVar> back
);

// The most bytes that the patch of one pod may have when containers multiply what is added to each.
// Far above what any API server stores, and a bound on memory.
inline constexpr std::size_t kMaxPodPatchBytes = std::size_t{16} * 1024 * 1024;

// Gives every container and init container LWS_LEADER_ADDRESS, LWS_GROUP_SIZE and LWS_WORKER_INDEX,
// and those that ask for TPUs their variables. Ephemeral containers are never touched. Denies a pod
// without group-index label. Source: the same file, AddLWSVariables.
[[nodiscard]] Result<void> plan_environment(PodDraft& draft, const TpuEnvironment& tpu);

}  // namespace lws::rules
