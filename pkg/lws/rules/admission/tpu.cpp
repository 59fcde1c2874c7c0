// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/tpu.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <memory_resource>
#include <string>
#include <vector>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/quantity.hpp"
#include "pkg/lws/rules/admission/go_integer.hpp"
#include "pkg/lws/rules/admission/pod_name.hpp"
#include "pkg/lws/rules/admission/subgroups.hpp"

namespace lws::rules {
namespace {

constexpr std::int64_t kDefaultPort = 8476;

struct Candidate {
    ContainerList list;
    std::size_t index;
    json::View env;
};

// The hosts of one list: the leader or not, then `L-first` … `L-last`.
struct Hosts {
    std::string_view leader;
    std::string_view subdomain;
    bool with_leader = false;
    std::int64_t first = 1;
    std::int64_t last = 0;
};

struct Port {
    std::string_view text;
    bool own = false;  // the container's, so that none is added
};

using Candidates = std::pmr::vector<Candidate>;
using Ports = std::pmr::vector<Port>;

bool is_amount(json::View quantity) {
    if (quantity.is_number()) {
        return quantity.number() != 0.0;
    }
    const auto parsed = api::parse_quantity(quantity.string_or("0"));
    return parsed && !parsed->is_zero();
}

bool asks(json::View container) {
    const auto resources = container["resources"];
    return is_amount(resources["limits"][api::kTpuResource]) ||
           is_amount(resources["requests"][api::kTpuResource]);
}

void collect(json::View containers, ContainerList list, Candidates& out) {
    std::size_t index = 0;
    for (const auto container : containers.items()) {
        if (asks(container)) {
            out.push_back({list, index, container["env"]});
        }
        ++index;
    }
}

std::optional<std::string_view> first_value(json::View env, std::string_view name) {
    for (const auto entry : env.items()) {
        if (entry["name"].string_or("") == name) {
            return entry["value"].string_or("");
        }
    }
    return std::nullopt;
}

bool has_tpu_variables(json::View env) {
    return first_value(env, "TPU_WORKER_HOSTNAMES") || first_value(env, "TPU_WORKER_ID");
}

bool leader_asks(const PodDraft& draft) {
    return draft.annotation(api::kLeaderRequestsTpusAnnotation) == "true";
}

Port port_of(Arena& arena, json::View env, std::int64_t position) {
    if (const auto own = first_value(env, "TPU_PROCESS_PORT")) {
        return {*own, true};
    }
    return {join(arena, {std::to_string(kDefaultPort + position)}), false};
}

Error denial(std::string message) {
    return {ErrorCode::forbidden, std::move(message)};
}

Result<std::string_view> leader_name(const PodDraft& draft) {
    if (draft.is_leader()) {
        return draft.name();
    }
    const auto parent = split_pod_name(draft.name()).parent;
    if (parent.empty()) {
        return denial("parsing parent name from pod " + std::string(draft.name()));
    }
    return parent;
}

// From below, so that nothing is denied that could be stored.
double least_bytes(const Hosts& hosts, const Ports& ports) {
    const double workers = static_cast<double>(hosts.last) - static_cast<double>(hosts.first) + 1.0;
    const double count = std::max(workers, 0.0) + (hosts.with_leader ? 1.0 : 0.0);
    const double host = static_cast<double>(hosts.leader.size() + hosts.subdomain.size() + 2);
    double round = 0.0;
    for (const auto& port : ports) {
        round += 2.0 * host + static_cast<double>(port.text.size() + 1);
    }
    return count * round * static_cast<double>(ports.size());
}

void append_host(
    TpuEnvironment& environment, std::initializer_list<std::string_view> host, const Ports& ports
) {
    for (const auto& port : ports) {
        if (!environment.worker_hostnames.empty()) {
            environment.worker_hostnames += ',';
            environment.process_addresses += ',';
        }
        for (const auto part : host) {
            environment.worker_hostnames += part;
            environment.process_addresses += part;
        }
        environment.process_addresses += ':';
        environment.process_addresses += port.text;
    }
}

Result<TpuEnvironment> build(const PodDraft& draft, const Hosts& hosts, const Ports& ports) {
    if (least_bytes(hosts, ports) > static_cast<double>(kMaxTpuEnvironmentBytes)) {
        return denial(
            "the TPU environment of pod " + std::string(draft.name()) + " would exceed " +
            std::to_string(kMaxTpuEnvironmentBytes) + " bytes: the group is too large"
        );
    }
    TpuEnvironment environment(draft.arena());
    environment.name = hosts.leader;
    if (hosts.with_leader) {
        append_host(environment, {hosts.leader, ".", hosts.subdomain}, ports);
    }
    for (std::int64_t i = hosts.first; i <= hosts.last; ++i) {
        append_host(
            environment, {hosts.leader, "-", std::to_string(i), ".", hosts.subdomain}, ports
        );
    }
    return environment;
}

void add_container(
    Arena& arena,
    TpuEnvironment& environment,
    const Candidate& candidate,
    std::int64_t worker_id,
    const Port& port
) {
    TpuContainer container;
    container.list = candidate.list;
    container.index = candidate.index;
    container.worker_id = join(arena, {std::to_string(worker_id)});
    if (!port.own) {
        container.port = port.text;
    }
    environment.containers.push_back(container);
}

Result<TpuEnvironment> plan_for_group(
    const PodDraft& draft, std::int64_t size, const Candidates& candidates
) {
    const auto leader = leader_name(draft);
    if (!leader) {
        return leader.error();
    }
    std::int64_t pod_index = 0;
    if (!draft.is_leader()) {
        pod_index =
            split_pod_name(draft.name()).ordinal.value_or(-1) - (leader_asks(draft) ? 0 : 1);
    }
    Ports ports(&draft.arena());
    ports.reserve(candidates.size());
    for (const auto& candidate : candidates) {
        const auto position = static_cast<std::int64_t>(ports.size());
        ports.push_back(port_of(draft.arena(), candidate.env, position));
    }
    Hosts hosts;
    hosts.leader = *leader;
    hosts.subdomain = draft.subdomain();
    hosts.with_leader = draft.is_leader() || leader_asks(draft);
    // Clamped against overflow only: the limit on bytes denies such a group.
    hosts.last = std::clamp<std::int64_t>(size, 0, std::numeric_limits<std::int32_t>::max()) - 1;
    auto environment = build(draft, hosts, ports);
    if (!environment) {
        return environment.error();
    }
    const auto count = static_cast<std::int64_t>(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const auto worker_id = pod_index * count + static_cast<std::int64_t>(i);
        add_container(draft.arena(), *environment, candidates[i], worker_id, ports[i]);
    }
    return environment;
}

// Subgroup size and index as they stand on the pod, within int32, so that no product overflows.
struct SubgroupNumbers {
    std::int64_t size;
    std::int64_t index;
};

Result<SubgroupNumbers> read_subgroup_numbers(const PodDraft& draft) {
    const auto text = parse_go_integer(draft.annotation_or_empty(api::kSubgroupSizeAnnotation));
    if (!text) {
        return text.error();
    }
    const auto index = parse_go_integer(draft.label_or_empty(api::kSubgroupIndexLabel));
    if (!index) {
        return index.error();
    }
    // After the index, so that the first error is upstream's, which divides only then.
    const auto size = read_subgroup_size(draft);
    if (!size) {
        return size.error();
    }
    constexpr std::int64_t kMin = std::numeric_limits<std::int32_t>::min();
    constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
    if (*size < kMin || *size > kMax || *index < kMin || *index > kMax) {
        return denial(
            "subgroup size or index is beyond int32 for pod " + std::string(draft.name())
        );
    }
    return SubgroupNumbers{*size, *index};
}

// Only the first container that asks; upstream assumes that there is one.
Result<TpuEnvironment> plan_for_subgroup(const PodDraft& draft, const Candidate& candidate) {
    const auto numbers = read_subgroup_numbers(draft);
    if (!numbers) {
        return numbers.error();
    }
    const auto leader = leader_name(draft);
    if (!leader) {
        return leader.error();
    }
    const std::int64_t worker_index =
        draft.is_leader() ? 0 : split_pod_name(draft.name()).ordinal.value_or(0);
    const auto [size, index_label] = *numbers;
    std::int64_t index = index_label;
    std::int64_t worker_id = go_remainder(worker_index, size);
    if (worker_index != 0 && !leader_asks(draft)) {
        worker_id = go_remainder(worker_index - 1, size);
        index = go_quotient(worker_index - 1, size);
    }
    Hosts hosts;
    hosts.leader = *leader;
    hosts.subdomain = draft.subdomain();
    hosts.first = size * index + 1;
    hosts.last = size * (index + 1);
    if (draft.is_leader() || (leader_asks(draft) && index == 0)) {
        hosts.with_leader = true;
        --hosts.last;
    } else if (leader_asks(draft)) {
        // The leader takes one place in the first subgroup, so all later ones begin one earlier.
        --hosts.first;
        --hosts.last;
    }
    const Ports ports({port_of(draft.arena(), candidate.env, 0)}, &draft.arena());
    auto environment = build(draft, hosts, ports);
    if (environment) {
        add_container(draft.arena(), *environment, candidate, worker_id, ports.front());
    }
    return environment;
}

}  // namespace

bool requests_tpus(json::View pod_spec) {
    for (const std::string_view list : {"containers", "initContainers"}) {
        const auto containers = pod_spec[list].items();
        if (std::any_of(containers.begin(), containers.end(), asks)) {
            return true;
        }
    }
    return false;
}

Result<TpuEnvironment> plan_tpu_environment(const PodDraft& draft, std::int64_t size) {
    const auto spec = draft.pod()["spec"];
    Candidates candidates(&draft.arena());
    collect(spec["containers"], ContainerList::containers, candidates);
    collect(spec["initContainers"], ContainerList::init_containers, candidates);
    if (candidates.empty() || has_tpu_variables(candidates.front().env)) {
        return TpuEnvironment(draft.arena());
    }
    if (draft.annotation(api::kSubgroupSizeAnnotation)) {
        return plan_for_subgroup(draft, candidates.front());
    }
    return plan_for_group(draft, size, candidates);
}

}  // namespace lws::rules
