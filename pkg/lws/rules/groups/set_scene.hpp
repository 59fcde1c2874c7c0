// SPDX-License-Identifier: Apache-2.0
// A set with everything that a pass over it looks at, for the tests of plan_set.
#pragma once

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pkg/lws/json/document.hpp"
#include "pkg/lws/rules/groups/groups_fixture.hpp"
#include "pkg/lws/rules/groups/plan_set.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"

namespace lws::rules::testing {

// Set `vllm` with two groups of two. settle() brings it to rest: applied, all groups new and ready.
struct Scene {
    TestSet set;
    std::optional<k8s::StatefulSet> leaders;
    std::vector<k8s::Pod> pods;
    std::vector<k8s::StatefulSet> workers;
    std::optional<k8s::Service> service;
    std::vector<k8s::ControllerRevision> revisions;
    SetObservation observed;
    std::string key;

    explicit Scene(TestSet wanted = make_set()) : set(std::move(wanted)) {
        observed.leader_stateful_set_absence = Absence::confirmed;
        key = revision_key(make_revision_data(set.object()["spec"]).value());
    }

    void add_revision(int number, const std::string& revision, json::View spec) {
        k8s::ControllerRevision made;
        made.key = {"ml", "vllm-" + revision + "-" + std::to_string(number)};
        made.uid = "revision-" + std::to_string(number);
        made.set_name = "vllm";
        made.revision_key = revision;
        made.revision = number;
        made.controller = k8s::Owner{"LeaderWorkerSet", "vllm", "set-uid"};
        made.data = make_revision_data(spec).value();
        revisions.push_back(made);
    }

    void settle(int groups = 2) {
        add_revision(1, key, set.object()["spec"]);
        leaders = make_leaders(groups);
        leaders->revision_key = key;
        service.emplace();
        service->key = {"ml", "vllm"};
        service->controller = k8s::Owner{"LeaderWorkerSet", "vllm", "set-uid"};
        for (int i = 0; i < groups; ++i) {
            pods.push_back(make_leader(i));
            pods.back().revision_key = key;
            workers.push_back(make_workers(pods.back()));
        }
        remember_apply();
    }

    // As if the plan's apply had been performed and its answer seen.
    void remember_apply() {
        observed.applied.reset();
        observed.applied = AppliedRecord{leaders->uid, plan().desired_hash, leaders->fingerprint};
    }

    // Another template, while everything that runs stays as it is.
    void change_template(const std::string& spec = "'replicas':2") {
        set = make_set(spec, "'size':2,'leaderTemplate':{'spec':{'containers':[]}}");
    }

    SetPlan plan() {
        observed.set = &set.set;
        observed.set_object = set.object();
        observed.leader_stateful_set = leaders ? &*leaders : nullptr;
        observed.service = service ? &*service : nullptr;
        observed.pods.clear();
        observed.stateful_sets.clear();
        observed.revisions.clear();
        for (const k8s::Pod& pod : pods) {
            observed.pods.push_back(&pod);
        }
        for (const k8s::StatefulSet& stateful_set : workers) {
            observed.stateful_sets.push_back(&stateful_set);
        }
        for (const k8s::ControllerRevision& revision : revisions) {
            observed.revisions.push_back(&revision);
        }
        observed.now = *k8s::parse_time("2026-01-02T03:04:05Z");
        return plan_set(observed);
    }
};

using Kinds = std::vector<ActionKind>;
inline constexpr auto kRevision = ActionKind::create_revision;
inline constexpr auto kApply = ActionKind::apply_leader_stateful_set;
inline constexpr auto kService = ActionKind::create_service;
inline constexpr auto kStatus = ActionKind::update_set_status;
inline constexpr auto kDelete = ActionKind::delete_revision;

inline Kinds kinds(const SetPlan& plan) {
    Kinds out;
    for (const Action& action : plan.actions) {
        out.push_back(action.kind);
    }
    return out;
}

inline const Action* find(const SetPlan& plan, ActionKind kind) {
    for (const Action& action : plan.actions) {
        if (action.kind == kind) {
            return &action;
        }
    }
    return nullptr;
}

inline const Action& apply_of(const SetPlan& plan) {
    const Action* action = find(plan, kApply);
    REQUIRE(action != nullptr);
    return *action;
}

inline std::int64_t number_in(const Action& action, std::string_view name) {
    const json::Document body = json::parse(action.body).value();
    const json::View spec = body.root()["spec"];
    return name == "partition" ? spec["updateStrategy"]["rollingUpdate"][name].int64_or(-1)
                               : spec[name].int64_or(-1);
}

}  // namespace lws::rules::testing
