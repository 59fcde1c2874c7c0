// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/pod_requests.hpp"

#include <string_view>
#include <utility>

namespace lws::rules {
namespace {

Result<ResourceList> read_resources(json::View list) {
    ResourceList out;
    for (const auto& [name, amount] : list.members()) {
        auto quantity = api::parse_quantity(amount.string_or(""));
        if (!quantity) {
            return Error(
                quantity.error().code,
                "resource " + std::string(name) + ": " + quantity.error().message
            );
        }
        out.insert_or_assign(std::string(name), *std::move(quantity));
    }
    return out;
}

void take_larger(ResourceList& into, const ResourceList& other) {
    for (const auto& [name, amount] : other) {
        const auto [at, is_new] = into.try_emplace(name, amount);
        if (!is_new && compare(amount, at->second) > 0) {
            at->second = amount;
        }
    }
}

bool is_set_for_whole_pod(std::string_view resource) {
    return resource == "cpu" || resource == "memory" || resource.starts_with("hugepages-");
}

Result<void> add_init_containers(json::View pod_spec, ResourceList& total) {
    ResourceList sidecars;
    ResourceList peak;
    for (const json::View container : pod_spec["initContainers"].items()) {
        auto own = read_resources(container["resources"]["requests"]);
        if (!own) {
            return own.error();
        }
        if (container["restartPolicy"].string() == "Always") {
            add_resources(total, *own);
            add_resources(sidecars, *own);
            take_larger(peak, sidecars);
        } else {
            add_resources(*own, sidecars);
            take_larger(peak, *own);
        }
    }
    take_larger(total, peak);
    return {};
}

}  // namespace

void add_resources(ResourceList& to, const ResourceList& more) {
    for (const auto& [name, amount] : more) {
        const auto [at, is_new] = to.try_emplace(name, amount);
        if (!is_new) {
            at->second += amount;
        }
    }
}

Result<ResourceList> pod_requests(json::View pod_spec) {
    ResourceList total;
    for (const json::View container : pod_spec["containers"].items()) {
        const auto own = read_resources(container["resources"]["requests"]);
        if (!own) {
            return own.error();
        }
        add_resources(total, *own);
    }
    if (const auto added = add_init_containers(pod_spec, total); !added) {
        return added.error();
    }
    const auto whole = read_resources(pod_spec["resources"]["requests"]);
    if (!whole) {
        return whole.error();
    }
    for (const auto& [name, amount] : *whole) {
        if (is_set_for_whole_pod(name)) {
            total.insert_or_assign(name, amount);
        }
    }
    const auto overhead = read_resources(pod_spec["overhead"]);
    if (!overhead) {
        return overhead.error();
    }
    add_resources(total, *overhead);
    return total;
}

}  // namespace lws::rules
