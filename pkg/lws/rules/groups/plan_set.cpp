// SPDX-License-Identifier: Apache-2.0
// Source of the order of steps: kubernetes-sigs/lws v0.10, leaderworkerset_controller.go.
#include "pkg/lws/rules/groups/plan_set.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/groups/group_names.hpp"
#include "pkg/lws/rules/groups/group_states.hpp"
#include "pkg/lws/rules/groups/leader_stateful_set.hpp"
#include "pkg/lws/rules/groups/object_parts.hpp"
#include "pkg/lws/rules/groups/rollout.hpp"
#include "pkg/lws/rules/groups/services.hpp"
#include "pkg/lws/rules/groups/set_ownership.hpp"
#include "pkg/lws/rules/revision/revision_plan.hpp"

namespace lws::rules {
namespace {

// While garbage collection takes an object of this name away.
constexpr std::chrono::seconds kDeletionRetry{5};

std::optional<std::int32_t> parse_replicas(const std::optional<std::string>& text) {
    std::int32_t number = 0;
    if (!text) {
        return std::nullopt;
    }
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, number);
    return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

// One pass: steps in order, each may end it.
class SetPass {
public:
    explicit SetPass(const SetObservation& observed)
        : observed_(observed), set_(*observed.set), live_(observed.leader_stateful_set) {}

    SetPlan run() && {
        if (may_work() == Next::stop || check_owner() == Next::stop ||
            plan_revisions() == Next::stop) {
            return std::move(plan_);
        }
        apply_stateful_set();
        ensure_service();
        if (update_status(side_by_side()) && is_seen_by_stateful_set()) {
            truncate_revisions();
        }
        return std::move(plan_);
    }

private:
    enum class Next { go_on, stop };

    void note(std::string reason) { plan_.reasons.push_back(std::move(reason)); }

    void requeue(std::chrono::milliseconds delay) {
        plan_.requeue_after = std::min(plan_.requeue_after.value_or(delay), delay);
    }

    k8s::ObjectKey key() const { return {set_.metadata.namespace_name, set_.metadata.name}; }
    RevisionOwner revision_owner() const { return owner_of_revisions(set_); }

    Event event(
        EventType type, std::string_view reason, std::string_view action, std::string note_text
    ) const {
        Event made;
        made.type = type;
        made.reason = reason;
        made.action = action;
        made.note = std::move(note_text);
        made.regarding = reference_to(set_);
        return made;
    }

    Next may_work() {
        if (set_.metadata.deleting) {
            note("the set is being deleted");
            return Next::stop;
        }
        if (live_ == nullptr && observed_.leader_stateful_set_absence == Absence::cached) {
            Action action;
            action.kind = ActionKind::look_up_leader_stateful_set;
            action.key = key();
            action.reason = "a StatefulSet of this name may exist without our labels";
            plan_.actions.push_back(std::move(action));
            return Next::stop;
        }
        if (live_ != nullptr && live_->deleting) {
            note("the leader StatefulSet is being deleted");
            requeue(kDeletionRetry);
            return Next::stop;
        }
        return Next::go_on;
    }

    Next check_owner() {
        if (live_ == nullptr) {
            return Next::go_on;
        }
        const OwnerCheck check = check_leader_stateful_set(set_, *live_);
        switch (check.claim) {
            case Claim::ours:
                return Next::go_on;
            case Claim::predecessor:
                note(check.message);
                requeue(kDeletionRetry);
                return Next::stop;
            case Claim::foreign:
                break;
        }
        plan_.events.push_back(
            event(EventType::warning, "FailedUpdate", "Update", failed_to_update(check.message))
        );
        // Its status is not ours to report.
        live_ = nullptr;
        return give_up(check.message);
    }

    Next give_up(const std::string& conflict) {
        note(conflict);
        requeue(kForeignRetry);
        plan_.has_conflict = true;
        update_status(NameConflict{conflict});
        return Next::stop;
    }

    Next check_revision(const NewRevision& made) {
        const auto check = check_revision_name(set_, made.name, observed_.revisions);
        if (!check || check->claim == Claim::ours) {
            return Next::go_on;
        }
        if (check->claim == Claim::predecessor) {
            note(check->message);
            requeue(kDeletionRetry);
            return Next::stop;
        }
        plan_.events.push_back(event(
            EventType::warning,
            "FailedCreate",
            "Create",
            "Failed to create revision " + made.name + ": " + check->message
        ));
        return give_up(check->message);
    }

    // What does not stop the set itself: a name that it shares with a group of another set, or an
    // object of another's in the place of a group's.
    std::optional<NameConflict> side_by_side() {
        std::optional<std::string> shared;
        if (observed_.parent != nullptr) {
            shared = shared_name(*observed_.parent, observed_.group_of_parent);
        }
        if (!shared) {
            const auto at = std::find_if(
                observed_.troubles.begin(),
                observed_.troubles.end(),
                [](const TroubledGroup& group) { return !group.trouble.conflict.empty(); }
            );
            return at == observed_.troubles.end()
                       ? std::nullopt
                       : std::optional(NameConflict{at->trouble.conflict});
        }
        plan_.has_conflict = true;
        requeue(kForeignRetry);
        const auto& conditions = set_.status.conditions;
        const bool is_told = std::any_of(
            conditions.begin(),
            conditions.end(),
            [&shared](const api::Condition& condition) {
                return condition.type == kNameConflict && condition.status == "True" &&
                       condition.message == *shared;
            }
        );
        if (!is_told) {
            plan_.events.push_back(event(EventType::warning, "NameConflict", "Create", *shared));
        }
        return NameConflict{*std::move(shared)};
    }

    std::string failed_to_update(std::string_view error) const {
        return "Failed to update leader statefulset " + set_.metadata.name + ": " +
               std::string(error);
    }

    const k8s::ControllerRevision* revision_with_key(std::string_view wanted) const {
        return find_revision(revision_owner(), wanted, observed_.revisions);
    }

    // The cheap way: an earlier pass compared the same two immutable things.
    bool matches_as_before() {
        if (live_ == nullptr || live_->revision_key.empty() || !observed_.template_match) {
            return false;
        }
        const k8s::ControllerRevision* current = revision_with_key(live_->revision_key);
        const TemplateMatch match{
            set_.metadata.uid, set_.metadata.generation, current != nullptr ? current->uid : ""
        };
        if (current == nullptr || *observed_.template_match != match) {
            return false;
        }
        revision_.key = live_->revision_key;
        plan_.template_match = match;
        return true;
    }

    Next plan_revisions() {
        if (!matches_as_before()) {
            auto planned = plan_revision(
                revision_owner(),
                observed_.set_object["spec"],
                live_ != nullptr ? std::optional<std::string_view>(live_->revision_key)
                                 : std::nullopt,
                observed_.revisions
            );
            if (!planned) {
                plan_.failure = planned.error();
                return Next::stop;
            }
            revision_ = std::move(*planned);
        }
        if (revision_.create) {
            if (check_revision(*revision_.create) == Next::stop) {
                return Next::stop;
            }
            create_revision(*revision_.create);
        } else if (const auto* current = revision_with_key(revision_.key)) {
            revision_reference_ = k8s::reference_to(*current);
            if (revision_.change == TemplateChange::none) {
                plan_.template_match =
                    TemplateMatch{set_.metadata.uid, set_.metadata.generation, current->uid};
            }
        }
        return Next::go_on;
    }

    void create_revision(const NewRevision& made) {
        revision_reference_ = {
            "apps/v1", "ControllerRevision", set_.metadata.namespace_name, made.name, "", ""
        };
        Action action;
        action.kind = ActionKind::create_revision;
        action.key = {set_.metadata.namespace_name, made.name};
        json::Writer writer(action.body);
        write_controller_revision(writer, revision_owner(), made);
        Event created = event(EventType::normal, "CreatingRevision", "Create", made.event_note);
        created.related = revision_reference_;
        action.on_success.push_back(std::move(created));
        action.reason = made.event_note;
        plan_.actions.push_back(std::move(action));
    }

    RolloutDecision decide() const {
        RolloutInput input;
        input.replicas = set_.spec.replicas;
        input.max_surge = set_.max_surge();
        input.max_unavailable = set_.max_unavailable();
        input.user_partition = set_.spec.rollout_strategy.partition;
        input.change =
            revision_.change == TemplateChange::changed ? SpecChange::just_now : SpecChange::none;
        if (live_ != nullptr) {
            input.live = LiveStatefulSet{
                live_->replicas, live_->partition, parse_replicas(live_->replicas_annotation)
            };
            input.groups = group_states(view(), revision_.key, live_->replicas);
            mark_failing(input.groups, observed_.failing_groups, revision_.key);
        }
        return decide_rollout(input);
    }

    GroupsView view() const { return {&set_, &observed_.pods, &observed_.stateful_sets}; }

    bool is_applied(const DesiredObject& desired) const {
        return live_ != nullptr && observed_.applied &&
               *observed_.applied == AppliedRecord{live_->uid, desired.hash, live_->fingerprint};
    }

    void apply_stateful_set() {
        const RolloutDecision decision = decide();
        LeaderStatefulSetInput input;
        input.set = &set_;
        input.set_object = observed_.set_object;
        input.revision_key = revision_.key;
        input.partition = decision.partition;
        input.replicas = decision.replicas;
        input.group_mark = observed_.group_mark;
        plan_.groups_end = std::max(decision.replicas, live_ != nullptr ? live_->replicas : 0);
        if (live_ != nullptr) {
            input.uid = live_->uid;
            input.resource_version = live_->resource_version;
        }
        DesiredObject desired = make_leader_stateful_set(input);
        plan_.desired_hash = desired.hash;
        const bool mark_is_due = observed_.group_mark_due && live_ != nullptr &&
                                 live_->group_memory != observed_.group_mark;
        if (is_applied(desired) && !mark_is_due) {
            note("the leader StatefulSet is as last applied");
            return;
        }
        Action action;
        action.kind = ActionKind::apply_leader_stateful_set;
        action.key = key();
        action.uid = input.uid;
        action.resource_version = input.resource_version;
        action.body = std::move(desired.body);
        action.reason = "partition " + std::to_string(decision.partition) + ", replicas " +
                        std::to_string(decision.replicas) + ", revision " + revision_.key;
        if (decision.reclaims_surge) {
            action.before.push_back(surge_event(decision.replicas));
        }
        add_apply_events(action, decision);
        if (decision.replicas > (live_ != nullptr ? live_->replicas : 0)) {
            warn_of_names(action, decision.replicas);
        }
        plan_.actions.push_back(std::move(action));
    }

    void warn_of_names(Action& action, std::int32_t replicas) const {
        if (auto cannot_start = groups_that_cannot_start(set_, replicas)) {
            action.on_success.push_back(
                event(EventType::warning, "FailedCreate", "Create", *std::move(cannot_start))
            );
        }
    }

    void add_apply_events(Action& action, const RolloutDecision& decision) const {
        const std::string& name = set_.metadata.name;
        if (live_ == nullptr) {
            Event created = event(
                EventType::normal,
                "GroupsProgressing",
                "Create",
                "Created leader statefulset " + name
            );
            created.related = revision_reference_;
            action.on_success.push_back(std::move(created));
            action.on_failure = event(
                EventType::warning,
                "FailedCreate",
                "Create",
                "Failed to create leader statefulset " + name + ": " +
                    std::string(kErrorPlaceholder)
            );
            return;
        }
        if (revision_.change == TemplateChange::none && decision.partition != live_->partition) {
            action.on_success.push_back(progress_event(decision.partition));
        }
        action.on_failure = event(
            EventType::warning, "FailedUpdate", "Update", failed_to_update(kErrorPlaceholder)
        );
    }

    Event progress_event(std::int32_t partition) const {
        const std::int64_t last = std::int64_t{live_->partition} - 1;
        Event made = event(
            EventType::normal,
            "GroupsUpdating",
            "Update",
            last == partition ? "Updating replica " + std::to_string(partition)
                              : "Updating replicas " + std::to_string(partition) + " to " +
                                    std::to_string(last) + " (inclusive)"
        );
        made.related = revision_reference_;
        return made;
    }

    Event surge_event(std::int32_t replicas) const {
        const std::string first = set_.metadata.name + "-" + std::to_string(replicas);
        const std::int64_t last = std::int64_t{live_->replicas} - 1;
        return event(
            EventType::normal,
            "GroupsProgressing",
            "Delete",
            last == replicas ? "deleting surge replica " + first
                             : "deleting surge replicas from " + first + " to " +
                                   set_.metadata.name + "-" + std::to_string(last)
        );
    }

    Event service_failure(std::string_view error) const {
        return event(
            EventType::warning,
            "FailedCreate",
            "Create",
            "Failed to create headless service for error: " + std::string(error)
        );
    }

    void ensure_service() {
        if (set_.spec.subdomain_policy != api::SubdomainPolicy::shared) {
            return;
        }
        if (observed_.service != nullptr) {
            check_service(*observed_.service);
            return;
        }
        Action action;
        action.kind = ActionKind::create_service;
        action.key = key();
        action.body = make_shared_service(
            set_.metadata.namespace_name, set_.metadata.name, set_.metadata.uid
        );
        action.on_failure = service_failure(kErrorPlaceholder);
        action.reason = "the set has no Service";
        plan_.actions.push_back(std::move(action));
    }

    // A Service is never changed, so a foreign one stops nothing: pods may resolve through it.
    void check_service(const k8s::Service& service) {
        const OwnerCheck check = check_set_service(set_, service);
        if (check.claim == Claim::ours && !service.deleting) {
            return;
        }
        if (check.claim == Claim::foreign) {
            plan_.events.push_back(service_failure(check.message));
            note(check.message);
            requeue(kForeignRetry);
            return;
        }
        note("waiting for the removal of the Service");
        requeue(kDeletionRetry);
    }

    // True when the rollout is over.
    bool update_status(std::optional<NameConflict> conflict) {
        StatusInput input;
        input.set = &set_;
        input.set_object = observed_.set_object;
        input.stateful_set_replicas = live_ != nullptr ? live_->status_replicas : 0;
        input.groups = observed_groups(view(), revision_.key);
        input.conflict = std::move(conflict);
        input.trouble = describe_troubles(observed_.troubles);
        input.now = observed_.now;
        StatusPlan status = plan_status(input);
        plan_.status_change = status.change;
        if (status.change != StatusChange::none) {
            Action action;
            action.kind = ActionKind::update_set_status;
            action.key = key();
            action.uid = set_.metadata.uid;
            action.resource_version = set_.metadata.resource_version;
            action.body = std::move(status.body);
            action.reason =
                status.change == StatusChange::counts ? "counts changed" : "conditions changed";
            // Upstream sends it before the write; a lost race then repeats it.
            if (status.event) {
                action.on_success.push_back(std::move(*status.event));
            }
            plan_.actions.push_back(std::move(action));
        }
        return status.rollout_done;
    }

    // Below its partition a StatefulSet makes pods of status.currentRevision. Until its controller
    // has seen the end of the rollout that is the old template: a leader that is made of it, when
    // the next change comes just then, needs the old revision for its workers, and without them
    // the rollout would wait for it for ever.
    bool is_seen_by_stateful_set() const {
        return live_ == nullptr || live_->current_revision == live_->update_revision;
    }

    void truncate_revisions() {
        for (const k8s::ControllerRevision* revision :
             plan_truncation(revision_owner(), revision_.key, observed_.revisions)) {
            Action action;
            action.kind = ActionKind::delete_revision;
            action.key = revision->key;
            action.uid = revision->uid;
            action.reason = "no group needs it";
            plan_.actions.push_back(std::move(action));
        }
    }

    const SetObservation& observed_;
    const api::LeaderWorkerSet& set_;
    const k8s::StatefulSet* live_;
    RevisionPlan revision_;
    k8s::ObjectReference revision_reference_;
    SetPlan plan_;
};

}  // namespace

SetPlan plan_set(const SetObservation& observed) {
    return SetPass(observed).run();
}

}  // namespace lws::rules
