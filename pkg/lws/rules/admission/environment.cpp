// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/admission/environment.hpp"

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <memory_resource>
#include <unordered_set>

#include "pkg/lws/api/labels.hpp"

namespace lws::rules {
namespace {

// Names seen so far. A scan is faster for the few of a real container; the set keeps a hostile one
// with 100,000 entries from taking quadratic time.
class NameSet {
public:
    explicit NameSet(Arena& arena) : many_(&arena) {}

    // True when `name` was not in it.
    bool insert(std::string_view name) {
        if (few_.size() < kFew) {
            if (std::find(few_.begin(), few_.end(), name) != few_.end()) {
                return false;
            }
            few_.push_back(name);
            return true;
        }
        if (many_.empty()) {
            many_.insert(few_.begin(), few_.end());
        }
        return many_.insert(name).second;
    }

private:
    static constexpr std::size_t kFew = 48;
    boost::container::small_vector<std::string_view, kFew> few_;
    std::pmr::unordered_set<std::string_view> many_;
};

std::string_view name_of(json::View entry) {
    return entry["name"].string_or("");
}

bool same(json::View entry, const EnvVar& variable) {
    return name_of(entry) == variable.name && entry["value"].string_or("") == variable.value &&
           entry["valueFrom"].absent_or_null();
}

bool starts_with(json::View env, std::span<const EnvVar> front) {
    std::size_t index = 0;
    return std::all_of(front.begin(), front.end(), [&](const EnvVar& variable) {
        return same(env.at(index++), variable);
    });
}

void append_entry(json::Text& out, const EnvVar& variable) {
    out += R"({"name":)";
    json::append_quoted(out, variable.name);
    out += R"(,"value":)";
    json::append_quoted(out, variable.value);
    out += '}';
}

void append_array(json::Text& out, std::span<const EnvVar> front, std::span<const EnvVar> back) {
    char separator = '[';
    for (const auto& part : {front, back}) {
        for (const auto& variable : part) {
            out += separator;
            append_entry(out, variable);
            separator = ',';
        }
    }
    out += ']';
}

// Own entries that lose against an earlier one of their name, in order; `seen` takes all names.
boost::container::small_vector<std::size_t, 8> superseded(
    json::View env, std::size_t first, NameSet& seen
) {
    boost::container::small_vector<std::size_t, 8> indices;
    std::size_t index = 0;
    for (const auto entry : env.items()) {
        if (index >= first && !seen.insert(name_of(entry))) {
            indices.push_back(index);
        }
        ++index;
    }
    return indices;
}

using TpuAdditions = boost::container::small_vector<EnvVar, 5>;

TpuAdditions additions_for(const TpuEnvironment& tpu, const TpuContainer& container) {
    TpuAdditions additions;
    additions.push_back({"TPU_WORKER_HOSTNAMES", tpu.worker_hostnames});
    additions.push_back({"TPU_WORKER_ID", container.worker_id});
    additions.push_back({"TPU_NAME", tpu.name});
    additions.push_back({"TPU_PROCESS_ADDRESSES", tpu.process_addresses});
    if (container.port) {
        additions.push_back({"TPU_PROCESS_PORT", *container.port});
    }
    return additions;
}

// Walks one list of containers; `next` is the first TPU container that was not reached yet.
Result<void> plan_list(
    PodDraft& draft,
    ContainerList list,
    std::span<const EnvVar> front,
    const TpuEnvironment& tpu,
    TpuContainers::const_iterator& next
) {
    const char* const member = list == ContainerList::containers ? "containers" : "initContainers";
    std::size_t index = 0;
    for (const auto container : draft.pod()["spec"][member].items()) {
        TpuAdditions back;
        if (next != tpu.containers.end() && next->list == list && next->index == index) {
            back = additions_for(tpu, *next);
            ++next;
        }
        const bool planned =
            plan_container_env(draft.patch(), member, index, container, front, back);
        if (!planned) {
            return Error(ErrorCode::invalid_input, std::string("spec.") + member);
        }
        if (draft.patch().bytes() > kMaxPodPatchBytes) {
            return Error(
                ErrorCode::forbidden,
                "the environment of pod " + std::string(draft.name()) + " would exceed " +
                    std::to_string(kMaxPodPatchBytes) + " bytes"
            );
        }
        ++index;
    }
    return {};
}

// klog's form of an object reference.
std::string reference_to(const PodDraft& draft) {
    std::string text(draft.namespace_name());
    if (!text.empty()) {
        text += '/';
    }
    return text.append(draft.name());
}

}  // namespace

bool plan_container_env(
    json::PatchBuilder& patch,
    std::string_view list,
    std::size_t index,
    json::View container,
    std::span<const EnvVar> front,
    std::span<const EnvVar> back
) {
    const auto env = container["env"];
    if (env.size() == 0) {
        if (!patch.ensure_object({"spec", list, index})) {
            return false;
        }
        if (!front.empty() || !back.empty()) {
            patch.set_with({"spec", list, index, "env"}, [&](json::Text& out) {
                append_array(out, front, back);
            });
        }
        return true;
    }
    const bool front_is_there = starts_with(env, front);
    NameSet seen(patch.arena());
    for (const auto& variable : front) {
        seen.insert(variable.name);
    }
    const auto removed = superseded(env, front_is_there ? front.size() : 0, seen);
    // From the back, then the end, then the start: no step moves what a later one names.
    for (auto at = removed.rbegin(); at != removed.rend(); ++at) {
        patch.remove({"spec", list, index, "env", *at});
    }
    for (const auto& variable : back) {
        if (seen.insert(variable.name)) {
            patch.append_with({"spec", list, index, "env"}, [&](json::Text& out) {
                append_entry(out, variable);
            });
        }
    }
    if (!front_is_there) {
        std::size_t position = 0;
        for (const auto& variable : front) {
            patch.insert_with({"spec", list, index, "env"}, position++, [&](json::Text& out) {
                append_entry(out, variable);
            });
        }
    }
    return true;
}

Result<void> plan_environment(PodDraft& draft, const TpuEnvironment& tpu) {
    const auto group = draft.label(api::kGroupIndexLabel);
    if (!group) {
        return Error(
            ErrorCode::forbidden,
            "Failure constructing environment variables, no group index label found for pod " +
                reference_to(draft)
        );
    }
    const auto address = join(
        draft.arena(),
        {draft.label_or_empty(api::kSetNameLabel),
         "-",
         *group,
         ".",
         draft.subdomain(),
         ".",
         draft.namespace_name()}
    );
    const std::array<EnvVar, 3> front{
        EnvVar{api::kLeaderAddressEnv, address},
        EnvVar{api::kGroupSizeEnv, draft.annotation_or_empty(api::kSizeAnnotation)},
        EnvVar{api::kWorkerIndexEnv, draft.label_or_empty(api::kWorkerIndexLabel)},
    };
    auto next = tpu.containers.begin();
    if (auto planned = plan_list(draft, ContainerList::containers, front, tpu, next); !planned) {
        return planned;
    }
    return plan_list(draft, ContainerList::init_containers, front, tpu, next);
}

}  // namespace lws::rules
