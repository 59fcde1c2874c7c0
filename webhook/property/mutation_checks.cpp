// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/mutation_checks.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/admission/pod_name.hpp"
#include "pkg/lws/testing/apply_patch.hpp"
#include "pkg/lws/testing/json_tree.hpp"

namespace lws::webhook::property {
namespace {

using lws::testing::JsonTree;

constexpr std::array<std::string_view, 7> kSetPlaces{
    "/spec",
    "/spec/leaderWorkerTemplate",
    "/spec/leaderWorkerTemplate/restartPolicy",
    "/spec/rolloutStrategy",
    "/spec/rolloutStrategy/type",
    "/spec/rolloutStrategy/rollingUpdateConfiguration",
    "/spec/networkConfig",
};
constexpr std::string_view kSubdomainPolicy = "/spec/networkConfig/subdomainPolicy";

constexpr std::array<std::string_view, 12> kPodPlaces{
    "/metadata/labels/leaderworkerset.sigs.k8s.io~1group-index",
    "/metadata/labels/leaderworkerset.sigs.k8s.io~1group-key",
    "/metadata/labels/leaderworkerset.sigs.k8s.io~1subgroup-index",
    "/metadata/labels/leaderworkerset.sigs.k8s.io~1subgroup-key",
    "/metadata/labels/leaderworkerset.sigs.k8s.io~1worker-index",
    "/metadata/annotations/scheduling.k8s.io~1group-name",
    "/spec",
    "/spec/subdomain",
    "/spec/affinity",
    "/spec/affinity/podAffinity",
    "/spec/affinity/podAntiAffinity",
    "/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution",
};
constexpr std::string_view kAntiTerms =
    "/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution";

// Cuts `prefix` off; false when it is not there.
bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

bool take_index(std::string_view& text) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end > 0;
}

// A container that is null, its env, or an entry of it.
bool is_container_place(std::string_view pointer) {
    for (const std::string_view list : {"/spec/containers/", "/spec/initContainers/"}) {
        auto rest = pointer;
        if (!take(rest, list) || !take_index(rest)) {
            continue;
        }
        if (rest.empty() || !take(rest, "/env") || rest.empty()) {
            return rest.empty();
        }
        return take(rest, "/") && (rest == "-" || (take_index(rest) && rest.empty()));
    }
    return false;
}

bool is_term_place(std::string_view pointer) {
    return pointer == kAntiTerms || pointer == std::string(kAntiTerms) + "/-" ||
           pointer == std::string(kPodPlaces.back()) + "/-";
}

template <std::size_t kCount>
bool is_one_of(std::string_view pointer, const std::array<std::string_view, kCount>& places) {
    return std::find(places.begin(), places.end(), pointer) != places.end();
}

bool is_our_variable(const JsonTree& entry) {
    constexpr std::array<std::string_view, 8> kNames{
        R"("LWS_LEADER_ADDRESS")",
        R"("LWS_GROUP_SIZE")",
        R"("LWS_WORKER_INDEX")",
        R"("TPU_WORKER_HOSTNAMES")",
        R"("TPU_WORKER_ID")",
        R"("TPU_NAME")",
        R"("TPU_PROCESS_ADDRESSES")",
        R"("TPU_PROCESS_PORT")",
    };
    const auto* name = entry.find("name");
    return name != nullptr && is_one_of(name->scalar, kNames);
}

// Every entry is one of the old ones, verbatim, or one that admission makes; those of other names
// are in the old order.
bool is_env_kept(const JsonTree& before, const JsonTree& after) {
    auto from = before.items.begin();
    for (const auto& entry : after.items) {
        const bool ours = is_our_variable(entry);
        const auto start = ours ? before.items.begin() : from;
        const auto at = std::find(start, before.items.end(), entry);
        if (at == before.items.end()) {
            if (!ours || entry.fields.size() != 2 || entry.find("value") == nullptr) {
                return false;
            }
        } else if (!ours) {
            from = at + 1;
        }
    }
    // Entries that are gone have lost against an earlier one of their name.
    return std::all_of(before.items.begin(), before.items.end(), [&](const JsonTree& entry) {
        const auto* name = entry.find("name");
        const std::string text = name == nullptr || name->is_null() ? R"("")" : name->scalar;
        return std::any_of(after.items.begin(), after.items.end(), [&](const JsonTree& kept) {
            const auto* its = kept.find("name");
            return (its == nullptr || its->is_null() ? R"("")" : its->scalar) == text;
        });
    });
}

bool starts_with(const JsonTree& list, const JsonTree& front) {
    return list.items.size() >= front.items.size() &&
           std::equal(front.items.begin(), front.items.end(), list.items.begin());
}

// Compares two objects outside of what is owned; `lost` becomes the first pointer that differs.
class Comparison {
public:
    explicit Comparison(ReviewKind kind) : kind_(kind) {}

    [[nodiscard]] const std::optional<std::string>& lost() const { return lost_; }

    void compare(const JsonTree& before, const JsonTree& after, const std::string& here) {
        if (lost_ || before == after) {
            return;
        }
        if (here.ends_with("/env") && is_owned(kind_, here)) {
            note(here, is_env_kept(before, after));
        } else if (is_owned(kind_, here) && (before.is_null() || before.kind != after.kind)) {
            note(here, before.is_null());
        } else if (before.is_object() && after.is_object()) {
            compare_members(before, after, here);
        } else if (before.is_array() && after.is_array() && is_owned(kind_, here + "/-")) {
            note(here, starts_with(after, before));
        } else if (before.is_array() && after.items.size() == before.items.size()) {
            for (std::size_t i = 0; i < before.items.size(); ++i) {
                compare(before.items[i], after.items[i], here + "/" + std::to_string(i));
            }
        } else {
            // A scalar of ours may have become another one.
            note(here, is_owned(kind_, here) && !before.is_array());
        }
    }

private:
    void compare_members(const JsonTree& before, const JsonTree& after, const std::string& here) {
        for (const auto& [key, value] : before.fields) {
            const auto* kept = after.find(key);
            if (kept == nullptr) {
                note(here + "/" + escaped(key), false);
                return;
            }
            compare(value, *kept, here + "/" + escaped(key));
        }
        for (const auto& [key, value] : after.fields) {
            const auto pointer = here + "/" + escaped(key);
            if (before.find(key) == nullptr) {
                note(pointer, is_owned(kind_, pointer));
            }
        }
    }

    static std::string escaped(std::string_view key) {
        std::string out;
        for (const char c : key) {
            out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        }
        return out;
    }

    void note(const std::string& pointer, bool kept) {
        if (!kept && !lost_) {
            lost_ = pointer;
        }
    }

    ReviewKind kind_;
    std::optional<std::string> lost_;
};

Error broken(std::string what) {
    return {ErrorCode::internal, "the patch: " + std::move(what)};
}

Result<void> check_operations(ReviewKind kind, const std::string& patch) {
    const auto operations = json::parse(patch);
    for (const auto operation : operations->root().items()) {
        const auto path = operation["path"].string_or("");
        if (!is_owned(kind, path)) {
            return broken("it touches " + std::string(path));
        }
    }
    return {};
}

// A worker whose ordinal is 0 gets worker-index 0, as upstream has it, and is a leader from then
// on. Worker StatefulSets start at 1, so there is none; a second review would change it again.
bool becomes_leader(ReviewKind kind, const std::string& object) {
    const auto document = json::parse(object);
    const auto metadata = document->root()["metadata"];
    return kind == ReviewKind::mutate_pod &&
           metadata["labels"][api::kWorkerIndexLabel].string() != "0" &&
           rules::split_pod_name(metadata["name"].string_or("")).ordinal == 0;
}

}  // namespace

bool is_owned(ReviewKind kind, std::string_view pointer) {
    if (is_set(kind)) {
        return pointer == kSubdomainPolicy || is_one_of(pointer, kSetPlaces);
    }
    return is_one_of(pointer, kPodPlaces) || is_term_place(pointer) || is_container_place(pointer);
}

Result<Mutation> check_mutation(
    ReviewKind kind,
    std::string_view operation,
    const std::string& object,
    const ReviewOptions& options
) {
    const auto review_of = [&](const std::string& text) {
        return ask(kind, kJsonType, write_review_text({operation, text, {}}), options);
    };
    auto answer = review_of(object);
    if (!answer) {
        return answer.error();
    }
    Mutation mutation{*std::move(answer), object};
    const auto& patch = mutation.answer.patch;
    if (patch.empty()) {
        return mutation;
    }
    if (auto checked = check_operations(kind, patch); !checked) {
        return checked.error();
    }
    auto patched = lws::testing::apply_patch(object, patch);
    if (!patched) {
        return broken(patched.error().message);
    }
    mutation.object = *std::move(patched);
    Comparison comparison(kind);
    const auto before = json::parse(object);
    const auto after = json::parse(mutation.object);
    comparison.compare(
        lws::testing::read_tree(before->root()), lws::testing::read_tree(after->root()), ""
    );
    if (comparison.lost()) {
        return broken("it changes what is not ours at " + *comparison.lost());
    }
    if (becomes_leader(kind, object)) {
        return mutation;
    }
    const auto again = review_of(mutation.object);
    if (!again) {
        return again.error();
    }
    if (!again->response.allowed || !again->patch.empty()) {
        return broken("a second review says " + again->response.message + again->patch);
    }
    return mutation;
}

}  // namespace lws::webhook::property
