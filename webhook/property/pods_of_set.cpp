// SPDX-License-Identifier: Apache-2.0
#include "webhook/property/pods_of_set.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/json/document.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/k8s/pod.hpp"
#include "pkg/lws/rules/groups/leader_stateful_set.hpp"
#include "pkg/lws/rules/groups/worker_stateful_set.hpp"

namespace lws::webhook::property {
namespace {

constexpr std::string_view kOurPrefix = "leaderworkerset.sigs.k8s.io/";
constexpr std::string_view kRevisionKey = "5d8f7c9b64";

Error broken(std::string what) {
    return {ErrorCode::internal, "the pods of an accepted set: " + std::move(what)};
}

bool sets_our_keys(json::View pod_template) {
    for (const std::string_view map : {"labels", "annotations"}) {
        const auto members = pod_template["metadata"][map].members();
        if (std::any_of(members.begin(), members.end(), [](const json::Member& member) {
                return member.key.starts_with(kOurPrefix);
            })) {
            return true;
        }
    }
    return false;
}

void write_pod_metadata(
    json::Writer& out, json::View set_metadata, json::View metadata, const std::string& name
) {
    out.key("metadata").begin_object();
    out.member("name", name);
    out.member("generateName", std::string(set_metadata["name"].string_or("")) + "-");
    out.member("namespace", set_metadata["namespace"].string_or(""));
    out.key("labels").begin_object();
    for (const auto& [key, value] : metadata["labels"].members()) {
        out.key(key).value(value);
    }
    out.member("controller-revision-hash", std::string(set_metadata["name"].string_or("")) + "-1");
    out.member("statefulset.kubernetes.io/pod-name", name);
    out.end_object();
    out.member("annotations", metadata["annotations"]);
    out.end_object();
}

// Whether the denial is one that cannot be told from the set without building the pods.
bool is_excused(const ReviewResponse& response) {
    return response.code == 400 || response.message.find(" would exceed ") != std::string::npos;
}

std::string_view label_of(json::View pod, std::string_view key) {
    return pod["metadata"]["labels"][key].string_or("");
}

std::string address_in(json::View pod) {
    return std::string(pod["spec"]["containers"].at(0)["env"].at(0)["value"].string_or(""));
}

// A pod of a group carries what the controller finds it by.
Result<void> check_member(const Mutation& member, const std::string& group, std::string_view role) {
    const auto document = json::parse(member.object);
    const auto pod = document->root();
    if (label_of(pod, api::kGroupIndexLabel) != group) {
        return broken(std::string(role) + " is not of group " + group + ": " + member.object);
    }
    if (label_of(pod, api::kGroupKeyLabel).size() != 40) {
        return broken(std::string(role) + " has no group key: " + member.object);
    }
    return {};
}

// Makes and admits the pods of one set, group by group.
class Groups {
public:
    Groups(json::View object, const api::LeaderWorkerSet& set, const ReviewOptions& options)
        : object_(object), set_(set), options_(options) {}

    Result<PodsOfSet> admit() {
        rules::LeaderStatefulSetInput input;
        input.set = &set_;
        input.set_object = object_;
        input.revision_key = kRevisionKey;
        input.replicas = set_.spec.replicas;
        const auto leaders = json::parse(rules::make_leader_stateful_set(input).body);
        if (!leaders) {
            return broken("leader StatefulSet: " + leaders.error().message);
        }
        const std::int64_t groups = std::int64_t{set_.spec.replicas} + set_.max_surge();
        for (const auto group : std::set<std::int64_t>{0, groups / 2, groups - 1}) {
            if (group < 0 || group >= groups) {
                continue;
            }
            if (auto done = admit_group(leaders->root(), group); !done) {
                return done.error();
            }
        }
        return std::move(pods_);
    }

private:
    Result<void> admit_group(json::View leaders, std::int64_t group) {
        auto leader =
            check_mutation(ReviewKind::mutate_pod, "CREATE", make_pod(leaders, group), options_);
        if (!leader) {
            return leader.error();
        }
        if (const auto& response = leader->answer.response; !response.allowed) {
            return is_excused(response) ? Result<void>() : broken("leader: " + response.message);
        }
        if (auto checked = check_member(*leader, std::to_string(group), "leader"); !checked) {
            return checked;
        }
        const auto document = json::parse(leader->object);
        const auto pod = k8s::read_pod(document->root());
        if (!pod) {
            return broken("leader: " + pod.error().message);
        }
        pods_.leaders.push_back(*std::move(leader));
        return set_.spec.leader_worker_template.size > 1
                   ? admit_workers(*pod, document->root(), std::to_string(group))
                   : Result<void>();
    }

    Result<void> admit_workers(
        const k8s::Pod& leader, json::View leader_object, const std::string& group
    ) {
        rules::WorkerStatefulSetInput input;
        input.set = &set_;
        input.revision_set = &set_;
        input.revision_data = object_;
        input.leader = &leader;
        const auto workers = json::parse(rules::make_worker_stateful_set(input));
        if (!workers) {
            return broken("worker StatefulSet: " + workers.error().message);
        }
        const std::int64_t last = set_.spec.leader_worker_template.size - 1;
        for (const auto ordinal : std::set<std::int64_t>{1, (last + 1) / 2, last}) {
            auto worker = check_mutation(
                ReviewKind::mutate_pod, "CREATE", make_pod(workers->root(), ordinal), options_
            );
            if (!worker) {
                return worker.error();
            }
            if (const auto& response = worker->answer.response; !response.allowed) {
                return is_excused(response) ? Result<void>()
                                            : broken("worker: " + response.message);
            }
            if (auto checked = check_member(*worker, group, "worker"); !checked) {
                return checked;
            }
            const auto document = json::parse(worker->object);
            const auto address = address_in(document->root());
            if (const auto own = address_in(leader_object); address != own) {
                std::string why = "a worker looks for its leader at ";
                why += address;
                why += ", not at ";
                why += own;
                return broken(std::move(why));
            }
            pods_.workers.push_back(*std::move(worker));
        }
        return {};
    }

    json::View object_;
    const api::LeaderWorkerSet& set_;
    const ReviewOptions& options_;
    PodsOfSet pods_;
};

}  // namespace

std::string make_pod(json::View stateful_set, std::int64_t ordinal) {
    const auto metadata = stateful_set["metadata"];
    const auto spec = stateful_set["spec"];
    const auto pod_template = spec["template"];
    const auto name = std::string(metadata["name"].string_or("")) + "-" + std::to_string(ordinal);
    std::string text;
    json::Writer out(text);
    out.begin_object();
    out.member("apiVersion", "v1").member("kind", "Pod");
    write_pod_metadata(out, metadata, pod_template["metadata"], name);
    if (pod_template["spec"].is_object()) {
        out.key("spec").begin_object();
        for (const auto& [key, value] : pod_template["spec"].members()) {
            if (key != "hostname" && key != "subdomain") {
                out.key(key).value(value);
            }
        }
        out.member("hostname", name);
        out.member("subdomain", spec["serviceName"].string_or(""));
        out.end_object();
    } else {
        out.member("spec", pod_template["spec"]);
    }
    out.end_object();
    return text;
}

Result<PodsOfSet> admit_pods(json::View object, const ReviewOptions& options) {
    const auto set = api::read_leader_worker_set(object);
    if (!set) {
        return broken("the set cannot be read: " + set.error().message);
    }
    const auto leader_worker_template = object["spec"]["leaderWorkerTemplate"];
    if (sets_our_keys(leader_worker_template["leaderTemplate"]) ||
        sets_our_keys(leader_worker_template["workerTemplate"])) {
        return PodsOfSet();
    }
    return Groups(object, *set, options).admit();
}

}  // namespace lws::webhook::property
