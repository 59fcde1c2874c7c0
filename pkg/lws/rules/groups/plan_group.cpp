// SPDX-License-Identifier: Apache-2.0
// Source of the order of steps: kubernetes-sigs/lws main of August 2026, pod_controller.go.
#include "pkg/lws/rules/groups/plan_group.hpp"

#include <algorithm>
#include <utility>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/rules/groups/group_form.hpp"
#include "pkg/lws/rules/groups/group_ownership.hpp"
#include "pkg/lws/rules/groups/object_parts.hpp"
#include "pkg/lws/rules/groups/pod_group.hpp"
#include "pkg/lws/rules/groups/services.hpp"
#include "pkg/lws/rules/groups/set_ownership.hpp"
#include "pkg/lws/rules/groups/set_status.hpp"
#include "pkg/lws/rules/groups/teardown.hpp"
#include "pkg/lws/rules/groups/worker_stateful_set.hpp"
#include "pkg/lws/rules/revision/revision_plan.hpp"

namespace lws::rules {
namespace {

// A revision is on its way when a leader runs ahead of our caches.
constexpr std::chrono::seconds kRevisionRetry{1};
// Their first list comes with the others, unless nobody has installed Volcano.
constexpr std::chrono::seconds kPodGroupsRetry{5};

// One pass: steps in order, each may end it.
class GroupPass {
public:
    explicit GroupPass(const GroupObservation& observed) : observed_(observed) {}

    GroupPlan run() && {
        if (observed_.set == nullptr) {
            note("the set is gone");
            plan_.memory = observed_.memory;
            leader_ = find_leader();
            if (leader_ != nullptr && leader_->is_deleting()) {
                tear_down();
            }
            return std::move(plan_);
        }
        check_labels();
        leader_ = find_leader();
        find_stuck_pods();
        if (decide_restart() == Next::stop || leader_ == nullptr) {
            return std::move(plan_);
        }
        if (check_leader() == Next::stop) {
            return std::move(plan_);
        }
        check_name();
        ensure_service();
        if (ensure_pod_group() == Next::stop) {
            return std::move(plan_);
        }
        if (has_workers() && !has_worker_stateful_set() && may_start_workers()) {
            create_workers();
        }
        return std::move(plan_);
    }

private:
    enum class Next { go_on, stop };

    void note(std::string reason) { plan_.reasons.push_back(std::move(reason)); }

    void requeue(std::chrono::milliseconds delay) {
        plan_.requeue_after = std::min(plan_.requeue_after.value_or(delay), delay);
    }

    Event event(EventType type, std::string_view reason, std::string_view action) const {
        Event made;
        made.type = type;
        made.reason = reason;
        made.action = action;
        made.regarding = reference_to(*observed_.set);
        return made;
    }

    Event leader_event(EventType type, std::string_view reason, std::string note_text) const {
        Event made = event(type, reason, "Create");
        made.related = k8s::reference_to(*leader_);
        made.note = std::move(note_text);
        return made;
    }

    void check_labels() {
        for (const k8s::Pod* pod : observed_.pods) {
            if (!pod->worker_index) {
                plan_.failure = Error{
                    ErrorCode::invalid_input,
                    "pod " + k8s::to_text(pod->key) + ": label " +
                        std::string(api::kWorkerIndexLabel) + " is missing"
                };
            }
        }
    }

    const k8s::Pod* find_leader() const {
        const auto at =
            std::find_if(observed_.pods.begin(), observed_.pods.end(), [this](const k8s::Pod* pod) {
                return pod->is_leader() &&
                       pod->key.name == observed_.group.leader_name(pod->set_name);
            });
        return at == observed_.pods.end() ? nullptr : *at;
    }

    void find_stuck_pods();

    void hold_workers(k8s::Seconds until) {
        const std::uint32_t count = plan_.memory.record.recreations.count;
        plan_.trouble.held_until = until;
        plan_.trouble.recreations = count;
        if (observed_.trouble.held_until == until) {
            return;
        }
        plan_.events.push_back(leader_event(
            EventType::warning,
            "RecreationBackoff",
            "Group " + observed_.group.text() + " was recreated " + std::to_string(count) +
                " times: its workers wait " +
                std::to_string(workers_delay(observed_.backoff, count).count()) + " s, until " +
                k8s::format_time(until)
        ));
    }

    Next decide_restart() {
        RestartVerdict verdict = judge_restart(
            {observed_.set,
             leader_,
             observed_.pods,
             observed_.worker_stateful_set,
             observed_.memory,
             observed_.sidecars,
             observed_.backoff,
             observed_.now}
        );
        plan_.memory = std::move(verdict.memory);
        if (verdict.held_until) {
            hold_workers(*verdict.held_until);
        }
        if (verdict.look_again) {
            requeue(*verdict.look_again - observed_.now);
        }
        if (!verdict.reason.empty()) {
            note(verdict.reason);
        }
        if (verdict.action == RestartAction::leader_is_leaving) {
            tear_down();
            return Next::stop;
        }
        if (verdict.action == RestartAction::wait) {
            note("pods of the group are still starting: not recreated yet");
        }
        if (verdict.action != RestartAction::recreate) {
            return Next::go_on;
        }
        delete_leader(verdict);
        return Next::stop;
    }

    void delete_leader(const RestartVerdict& verdict) {
        plan_.memory_after_deletion = verdict.memory_after_deletion;
        Action action;
        action.kind = ActionKind::delete_leader_pod;
        action.key = leader_->key;
        action.uid = leader_->uid;
        action.grace_seconds = bounded_grace(*observed_.set, *leader_);
        Event made = event(EventType::normal, "RecreateGroup", "Delete");
        made.related = k8s::reference_to(*leader_);
        made.note = "Worker pod " + verdict.failed_pod + " failed, deleted leader pod " +
                    leader_->key.name + " to recreate group " + observed_.group.text();
        action.on_success.push_back(std::move(made));
        action.reason = verdict.failed_pod + ": " + verdict.reason;
        plan_.actions.push_back(std::move(action));
        auto workers = take_down_workers(*observed_.set, *leader_, observed_.worker_stateful_set);
        if (workers) {
            plan_.actions.push_back(*std::move(workers));
        }
    }

    void tear_down() {
        plan_.actions = plan_teardown(
            {observed_.set,
             leader_,
             plan_.memory.deletion_requested && plan_.memory.leader_uid == leader_->uid,
             observed_.pods,
             observed_.worker_stateful_set}
        );
    }

    Next check_leader() {
        if (leader_->leader_name.empty()) {
            return Next::go_on;
        }
        // Without start ordinals the worker StatefulSet makes a pod 0 that looks like a leader,
        // and a StatefulSet for that one would never end (kubernetes-sigs/lws issue 391).
        plan_.events.push_back(leader_event(
            EventType::warning,
            "FailedCreate",
            "leader pod " + k8s::to_text(leader_->key) + " contains mistake annotation '" +
                std::string(api::kLeaderNameAnnotation) +
                "': requires Kubernetes \xE2\x89\xA5v1.27 or v1.26 with StatefulSetStartOrdinal "
                "feature"
        ));
        note("the leader carries the annotation of a worker");
        return Next::stop;
    }

    void check_name() {
        const auto shared = observed_.name_is_of_a_set
                                ? shared_name(*observed_.set, observed_.group)
                                : std::nullopt;
        if (!shared) {
            return;
        }
        plan_.trouble.conflict = *shared;
        if (observed_.trouble.conflict != *shared) {
            plan_.events.push_back(leader_event(EventType::warning, "NameConflict", *shared));
        }
    }

    // The leader's own annotation says what its revision wants; live and old differ in a rollout.
    void ensure_service() {
        if (!leader_->unique_subdomain) {
            return;
        }
        const k8s::Service* service = observed_.service;
        if (service == nullptr) {
            create_service();
            return;
        }
        const Ownership owner = ownership_of(service->controller, *leader_);
        if (owner == Ownership::foreign) {
            report_foreign_service(*service);
        } else if (owner == Ownership::predecessor || service->deleting) {
            note("waiting for the removal of the Service of an earlier leader");
        }
    }

    Event service_failure(std::string_view error) const {
        Event made = event(EventType::warning, "FailedCreate", "Create");
        made.note = "Failed to create headless service for error: " + std::string(error);
        return made;
    }

    void create_service() {
        Action action;
        action.kind = ActionKind::create_service;
        action.key = leader_->key;
        action.body =
            make_group_service(observed_.set->metadata.name, observed_.group.text(), *leader_);
        action.on_failure = service_failure(kErrorPlaceholder);
        action.reason = "the group has no Service";
        plan_.actions.push_back(std::move(action));
    }

    void report_foreign_service(const k8s::Service& service) {
        const std::string error = already_exists("Service", service);
        plan_.events.push_back(service_failure(error));
        note(error);
        requeue(kForeignRetry);
    }

    Next ensure_pod_group();
    Next create_pod_group();

    bool has_workers() {
        const std::string& size = leader_->size;
        const bool alone =
            size.empty() ? observed_.set->spec.leader_worker_template.size <= 1 : size == "1";
        if (alone) {
            note("a group of one has no workers");
        }
        return !alone;
    }

    bool has_worker_stateful_set() {
        const k8s::StatefulSet* workers = observed_.worker_stateful_set;
        if (workers == nullptr) {
            return false;
        }
        switch (ownership_of(workers->controller, *leader_)) {
            case Ownership::ours:
                if (workers->deleting) {
                    note("the worker StatefulSet is being deleted: made anew when it is gone");
                }
                break;
            case Ownership::predecessor:
                note("waiting for the removal of the worker StatefulSet of an earlier leader");
                break;
            case Ownership::foreign:
                report_foreign_workers(*workers);
                break;
        }
        return true;
    }

    void report_foreign_workers(const k8s::StatefulSet& workers) {
        const std::string error = "StatefulSet " + k8s::to_text(workers.key) + " already exists " +
                                  describe(workers.controller);
        plan_.events.push_back(leader_event(EventType::warning, "FailedCreate", failed_to(error)));
        if (plan_.trouble.conflict.empty()) {
            plan_.trouble.conflict = error;
        }
        note(error);
        requeue(kForeignRetry);
    }

    std::string failed_to(std::string_view error) const {
        return "Failed to create worker statefulset for leader pod " + leader_->key.name + ": " +
               std::string(error);
    }

    bool may_start_workers() {
        // The Ready condition alone: upstream does not look at the phase here.
        if (observed_.set->spec.startup_policy == api::StartupPolicy::leader_ready &&
            !leader_->ready) {
            note("startupPolicy LeaderReady: the leader is not ready");
            return false;
        }
        if (plan_.trouble.held_until) {
            note("the group failed repeatedly: its workers are held back");
            return false;
        }
        return true;
    }

    void create_workers() {
        std::optional<TopologyPin> pin;
        if (find_form() == Next::go_on && find_topology(pin) == Next::go_on) {
            add_create(input(std::move(pin)));
        }
    }

    WorkerStatefulSetInput input(std::optional<TopologyPin> pin) const {
        return {observed_.set, &form_->set, form_->data.root(), leader_, std::move(pin)};
    }

    // What the group is made of: the revision that its leader carries.
    Next find_form() {
        if (form_) {
            return Next::go_on;
        }
        const k8s::ControllerRevision* revision = find_revision(
            owner_of_revisions(*observed_.set), leader_->revision_key, observed_.revisions
        );
        if (revision == nullptr) {
            note("revision " + leader_->revision_key + " is not there yet");
            requeue(kRevisionRetry);
            return Next::stop;
        }
        auto form = read_group_form(*revision);
        if (!form) {
            plan_.failure = form.error();
            return Next::stop;
        }
        form_ = *std::move(form);
        return Next::go_on;
    }

    // With exclusive placement the workers must follow the leader, so it must have a node first.
    Next find_topology(std::optional<TopologyPin>& pin) {
        const auto topology = observed_.set->exclusive_topology();
        if (!topology) {
            return Next::go_on;
        }
        if (leader_->node_name.empty()) {
            note("exclusive placement: the leader has no node yet");
            return Next::stop;
        }
        const NodeQuestion question{leader_->node_name, std::string(*topology)};
        if (!observed_.node_answer || observed_.node_answer->question != question) {
            plan_.node_question = question;
            return Next::stop;
        }
        const Result<std::string>& value = observed_.node_answer->value;
        if (!value) {
            plan_.failure = value.error();
            return Next::stop;
        }
        pin = TopologyPin{question.label, *value};
        return Next::go_on;
    }

    void add_create(const WorkerStatefulSetInput& input) {
        if (input.revision_set->spec.leader_worker_template.size <= 1) {
            note("a group of one has no workers");
            return;
        }
        Action action;
        action.kind = ActionKind::create_worker_stateful_set;
        action.key = leader_->key;
        action.body = make_worker_stateful_set(input);
        action.on_success.push_back(leader_event(
            EventType::normal,
            "GroupsProgressing",
            "Created worker statefulset for leader pod " + leader_->key.name
        ));
        action.on_failure =
            leader_event(EventType::warning, "FailedCreate", failed_to(kErrorPlaceholder));
        action.reason = "the group has no workers";
        plan_.actions.push_back(std::move(action));
    }

    const GroupObservation& observed_;
    const k8s::Pod* leader_ = nullptr;
    std::optional<GroupForm> form_;
    GroupPlan plan_;
};

void GroupPass::find_stuck_pods() {
    for (const k8s::Pod* pod : observed_.pods) {
        const auto at = stuck_at(*pod);
        if (at && observed_.now < *at) {
            requeue(*at - observed_.now);
        }
        if (!at || observed_.now < *at) {
            continue;
        }
        StuckPod stuck{pod->key.name, pod->uid, pod->node_name};
        const auto& told = observed_.trouble.stuck;
        const bool is_news = std::find(told.begin(), told.end(), stuck) == told.end();
        if (is_news) {
            Event made = event(EventType::warning, "PodStuckTerminating", "Delete");
            made.related = k8s::reference_to(*pod);
            made.note = "Pod " + pod->key.name + " of group " + observed_.group.text() +
                        " is still terminating " + std::to_string(kStuckAfter.count()) +
                        " s after its grace period: its node " + pod->node_name +
                        " is lost, or it hangs; the group waits for it";
            plan_.events.push_back(std::move(made));
        }
        plan_.trouble.stuck.push_back(std::move(stuck));
    }
}

// A leader without the annotation is older than the setting: its pods wait for no PodGroup.
GroupPass::Next GroupPass::ensure_pod_group() {
    if (observed_.gang == GangScheduling::off || leader_->pod_group_name.empty()) {
        return Next::go_on;
    }
    if (observed_.pod_group == nullptr) {
        return create_pod_group();
    }
    const Ownership owner = ownership_of(observed_.pod_group->controller, *leader_);
    if (owner == Ownership::foreign) {
        const std::string error = already_exists("PodGroup", *observed_.pod_group);
        plan_.events.push_back(pod_group_failure(*observed_.set, *leader_, error));
        note(error);
        requeue(kForeignRetry);
    } else if (owner == Ownership::predecessor || observed_.pod_group->deleting) {
        note("waiting for the removal of the PodGroup of an earlier leader");
    }
    return Next::go_on;
}

GroupPass::Next GroupPass::create_pod_group() {
    if (!observed_.pod_groups_known) {
        note("PodGroups are not listed yet");
        requeue(kPodGroupsRetry);
        return Next::stop;
    }
    if (find_form() == Next::stop) {
        return Next::stop;
    }
    auto action = plan_pod_group(input(std::nullopt));
    if (!action) {
        plan_.failure = action.error();
        return Next::stop;
    }
    plan_.actions.push_back(*std::move(action));
    return Next::go_on;
}

}  // namespace

GroupPlan plan_group(const GroupObservation& observed) {
    return GroupPass(observed).run();
}

}  // namespace lws::rules
