// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "pkg/lws/json/text.hpp"
#include "pkg/lws/json/view.hpp"
#include "pkg/lws/rules/admission/pod_draft.hpp"
#include "pkg/lws/support/arena.hpp"
#include "pkg/lws/support/result.hpp"

namespace lws::rules {

// Whether any container or init container asks for google.com/tpu: the limit if it is not zero,
// else the request. A pod spec or the spec of a pod template.
// Source: kubernetes-sigs/lws v0.10 pkg/utils/accelerators/tpu.go, PodRequestsTPUs.
[[nodiscard]] bool requests_tpus(json::View pod_spec);

enum class ContainerList { containers, init_containers };

// The variables that one container gets behind its own.
struct TpuContainer {
    ContainerList list = ContainerList::containers;
    std::size_t index = 0;  // in that list
    std::string_view worker_id;
    std::optional<std::string_view> port;  // absent: the container has TPU_PROCESS_PORT already
};

using TpuContainers = std::pmr::vector<TpuContainer>;

// What the containers share, once, and what differs. No containers: no variables for the pod. Lies
// in the arena.
struct TpuEnvironment {
    explicit TpuEnvironment(Arena& arena)
        : worker_hostnames(&arena), process_addresses(&arena), containers(&arena) {}

    json::Text worker_hostnames;
    std::string_view name;
    json::Text process_addresses;
    TpuContainers containers;  // in the order of the pod, containers first
};

// The most bytes of variables that one pod may get. No API server accepts an object of more than
// 3 MiB, while size and ports come from the pod and could ask for any amount of memory.
inline constexpr std::size_t kMaxTpuEnvironmentBytes = std::size_t{3} * 1024 * 1024;

// Plans the TPU environment of a pod with labels complete, in the draft's arena. `size` is the size
// annotation. Denies numbers that are none, and lists beyond the limit before they are built.
// Source: the same file, AddTPUVariables and addTPUVariablesSubGroup; the lists are upstream's even
// where they look odd.
[[nodiscard]] Result<TpuEnvironment> plan_tpu_environment(const PodDraft& draft, std::int64_t size);

}  // namespace lws::rules
