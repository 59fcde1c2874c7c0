// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/quantity.hpp"
#include "webhook/property/rule_table.hpp"

namespace lws::webhook::property {
namespace {

constexpr std::string_view kHostnames = "TPU_WORKER_HOSTNAMES";
constexpr std::string_view kWorkerId = "TPU_WORKER_ID";
constexpr std::string_view kPort = "TPU_PROCESS_PORT";

bool is_amount(json::View amount) {
    if (amount.is_number()) {
        return amount.number() != 0.0;
    }
    const auto quantity = api::parse_quantity(amount.string_or("0"));
    return quantity && !quantity->is_zero();
}

bool asks(json::View container) {
    const auto resources = container["resources"];
    return is_amount(resources["limits"][api::kTpuResource]) ||
           is_amount(resources["requests"][api::kTpuResource]);
}

// A container before and after admission.
struct Asking {
    json::View before;
    json::View after;
};

std::vector<Asking> asking_containers(const Facts& f) {
    std::vector<Asking> out;
    for (const std::string_view list : {"containers", "initContainers"}) {
        const auto before = f.before()["spec"][list];
        const auto after = f.after()["spec"][list];
        for (std::size_t i = 0; i < before.size() && before.is_array(); ++i) {
            if (asks(before.at(i))) {
                out.push_back({before.at(i), after.at(i)});
            }
        }
    }
    return out;
}

json::View entry_of(json::View container, std::string_view name) {
    for (const auto entry : container["env"].items()) {
        if (entry["name"].string() == name) {
            return entry;
        }
    }
    return {};
}

bool has_own_identity(json::View container) {
    return entry_of(container, kHostnames).exists() || entry_of(container, kWorkerId).exists();
}

// Containers that got host names from admission.
std::size_t equipped(const std::vector<Asking>& asking) {
    return static_cast<std::size_t>(std::count_if(
        asking.begin(),
        asking.end(),
        [](const Asking& a) {
            return !entry_of(a.before, kHostnames).exists() &&
                   entry_of(a.after, kHostnames).exists();
        }
    ));
}

bool asks_by_limit_or_request(const Facts& f) {
    return f.is_admitted() && !asking_containers(f).empty();
}

bool gets_group_lists(const Facts& f) {
    return f.is_admitted() && !f.annotation("subgroup-size") && equipped(asking_containers(f)) > 0;
}

bool has_several_containers(const Facts& f) {
    return gets_group_lists(f) && equipped(asking_containers(f)) > 1;
}

bool respects_own_variables(const Facts& f) {
    const auto asking = asking_containers(f);
    return f.is_admitted() && std::any_of(asking.begin(), asking.end(), [](const Asking& a) {
               return has_own_identity(a.before) || entry_of(a.before, "TPU_NAME").exists();
           });
}

bool gets_subgroup_lists(const Facts& f) {
    return f.is_admitted() && f.annotation("subgroup-size") && equipped(asking_containers(f)) > 0;
}

bool only_the_first_counts(const Facts& f) {
    const auto asking = asking_containers(f);
    return gets_subgroup_lists(f) && asking.size() > 1 && equipped(asking) == 1;
}

bool has_no_subgroup_number(const Facts& f) {
    return f.pod_denied(R"(strconv.Atoi: parsing "")") && f.annotation("subgroup-size") &&
           f.annotation("subgroup-policy-type") == "LeaderExcluded";
}

bool has_no_parent(const Facts& f) {
    return f.pod_denied("parsing parent name from pod ");
}

bool is_capped(const Facts& f) {
    return f.pod_denied("the TPU environment of pod ") ||
           f.pod_denied("subgroup size or index is beyond int32");
}

bool identity_ends_it(const Facts& f) {
    const auto asking = asking_containers(f);
    return f.is_admitted() && !asking.empty() && has_own_identity(asking.front().before) &&
           equipped(asking) == 0;
}

bool has_port_from_elsewhere(const Facts& f) {
    const auto asking = asking_containers(f);
    return f.is_admitted() && std::any_of(asking.begin(), asking.end(), [](const Asking& a) {
               return entry_of(a.before, kPort)["valueFrom"].is_object() &&
                      entry_of(a.after, kHostnames).exists();
           });
}

bool has_empty_port(const Facts& f) {
    const auto asking = asking_containers(f);
    return f.is_admitted() && std::any_of(asking.begin(), asking.end(), [](const Asking& a) {
               const auto port = entry_of(a.before, kPort);
               return port.exists() && port["value"].string_or("").empty() &&
                      entry_of(a.after, kHostnames).exists();
           });
}

bool is_no_quantity(const Facts& f) {
    return f.pod && f.mutation() != nullptr && f.mutation()->answer.response.code == 400 &&
           f.mutation()->answer.response.message.find("not a quantity") != std::string::npos;
}

bool asks_for_none(const Facts& f) {
    return f.is_admitted() && asking_containers(f).empty() &&
           (variable_of(f.before(), kHostnames) || !variable_of(f.after(), kHostnames));
}

bool stands_behind_own(const Facts& f) {
    const auto asking = asking_containers(f);
    return f.is_admitted() && std::any_of(asking.begin(), asking.end(), [](const Asking& a) {
               const auto first = a.after["env"].at(0)["name"].string_or("");
               return a.before["env"].size() > 0 && first == api::kLeaderAddressEnv &&
                      entry_of(a.after, kHostnames).exists();
           });
}

constexpr RuleCheck kRules[] = {
    {4,
     "a container asks for TPUs by the limit if not zero, else the request",
     asks_by_limit_or_request},
    {4, "TPU host lists, ids and names of a group", gets_group_lists},
    {4, "several TPU containers multiply ids, ports and host entries", has_several_containers},
    {4, "the user's own TPU variables win; host names or id end it", respects_own_variables},
    {4, "TPU host lists and ids of subgroups", gets_subgroup_lists},
    {4, "with subgroups only the first asking container gets TPU variables", only_the_first_counts},
    {4,
     "subgroup numbers are parsed after the check of the user's variables; LeaderExcluded leaders "
     "with TPUs are denied",
     has_no_subgroup_number},
    {4, "a worker name without parent is denied", has_no_parent},
    {4, "size and subgroup size are capped before lists are built", is_capped},
    {4,
     "TPU host names or id of the first asking container end it for every container, those of a "
     "later one do not",
     identity_ends_it},
    {4, "A TPU port with valueFrom is an empty text and none is added", has_port_from_elsewhere},
    {4, "The first TPU_PROCESS_PORT counts, also when it is empty", has_empty_port},
    {4, "An amount of TPUs that is no quantity makes the pod undecodable", is_no_quantity},
    {4, "A pod that asks for no TPU gets no TPU variable", asks_for_none},
    {4,
     "TPU variables stand behind the own ones, the LWS environment before both",
     stands_behind_own},
};

}  // namespace

std::span<const RuleCheck> tpu_rules() {
    return kRules;
}

}  // namespace lws::webhook::property
