// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/rules/groups/set_status.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "pkg/lws/api/labels.hpp"
#include "pkg/lws/json/writer.hpp"
#include "pkg/lws/rules/groups/leader_stateful_set.hpp"

namespace lws::rules {
namespace {

struct Counts {
    std::int32_t ready = 0;
    std::int32_t updated = 0;
    std::int32_t ready_below_replicas = 0;
    // Of the groups that the user's partition lets roll, surge groups left out.
    std::int32_t existing = 0;
    std::int32_t existing_updated = 0;
    std::int32_t existing_updated_and_ready = 0;
};

struct ConditionText {
    std::string_view type;
    std::string_view reason;
    std::string_view message;
};

constexpr ConditionText kAvailableText{kAvailable, "AllGroupsReady", "All replicas are ready"};
constexpr ConditionText kProgressingText{
    kProgressing, "GroupsProgressing", "Replicas are progressing"
};
constexpr ConditionText kUpdateText{
    kUpdateInProgress, "GroupsUpdating", "Rolling Upgrade is in progress"
};

Counts count(const StatusInput& input) {
    const std::int32_t replicas = input.set->spec.replicas;
    const std::int32_t partition = input.set->spec.rollout_strategy.partition;
    Counts counts;
    for (const ObservedGroup& group : input.groups) {
        const bool ready = group.state.ready;
        const bool updated = group.state.updated;
        counts.ready += ready ? 1 : 0;
        counts.updated += updated ? 1 : 0;
        if (group.id.index() >= replicas) {
            continue;
        }
        counts.ready_below_replicas += ready ? 1 : 0;
        if (group.id.index() >= partition) {
            counts.existing += 1;
            counts.existing_updated += updated ? 1 : 0;
            counts.existing_updated_and_ready += ready && updated ? 1 : 0;
        }
    }
    return counts;
}

// The conditions that are to be True; the first one gives the event.
std::vector<ConditionText> wanted_conditions(const Counts& counts, std::int32_t replicas) {
    if (counts.existing_updated < counts.existing) {
        return {kUpdateText, kProgressingText};
    }
    const bool available = counts.ready_below_replicas == replicas &&
                           counts.existing_updated_and_ready == counts.existing;
    return {available ? kAvailableText : kProgressingText};
}

bool exclusive(std::string_view a, std::string_view b) {
    return (a == kAvailable) != (b == kAvailable) &&
           (a == kAvailable || a == kProgressing || a == kUpdateInProgress) &&
           (b == kAvailable || b == kProgressing || b == kUpdateInProgress);
}

// The conditions of a status while they are changed.
class Conditions {
public:
    Conditions(const api::LeaderWorkerSet& set, k8s::Seconds now)
        : list_(set.status.conditions),
          generation_(set.metadata.generation),
          now_(k8s::format_time(now)) {}

    // `detail` follows the message; a change of it alone is no transition.
    void set_true(const ConditionText& text, std::string_view detail = {}) {
        for (api::Condition& other : list_) {
            if (other.status == "True" && exclusive(other.type, text.type)) {
                set_false(other);
            }
        }
        const auto at = find(text.type);
        const bool holds =
            at != list_.end() && at->status == "True" && at->observed_generation == generation_;
        std::string message(text.message);
        if (!detail.empty()) {
            message.append("; ").append(detail);
        }
        if (holds) {
            // What another version wrote stays until there is something to say.
            const bool ours =
                !detail.empty() || at->message.starts_with(std::string(text.message) + "; ");
            if (text.type == kProgressing && ours && at->message != message) {
                at->message = std::move(message);
                reworded_ = true;
            }
            return;
        }
        api::Condition& condition = at != list_.end() ? *at : list_.emplace_back();
        condition = {
            std::string(text.type),
            "True",
            generation_,
            now_,
            std::string(text.reason),
            std::move(message)
        };
        changed_ = true;
    }

    // Only what was True once turns False; nothing appears for it.
    void clear(std::string_view type) {
        const auto at = find(type);
        if (at != list_.end() && at->status == "True") {
            set_false(*at);
        }
    }

    void follow_generation() {
        for (api::Condition& condition : list_) {
            if (condition.observed_generation != generation_) {
                condition.observed_generation = generation_;
                changed_ = true;
            }
        }
    }

    [[nodiscard]] bool changed() const { return changed_; }
    [[nodiscard]] bool reworded() const { return reworded_; }
    [[nodiscard]] const std::vector<api::Condition>& list() const { return list_; }

private:
    std::vector<api::Condition>::iterator find(std::string_view type) {
        return std::find_if(list_.begin(), list_.end(), [type](const api::Condition& condition) {
            return condition.type == type;
        });
    }

    // Reason and message stay: they tell what was; trouble that is over need not be told.
    void set_false(api::Condition& condition) {
        if (condition.type == kProgressing &&
            condition.message.starts_with(kProgressingText.message)) {
            condition.message = kProgressingText.message;
        }
        condition.status = "False";
        condition.last_transition_time = now_;
        condition.observed_generation = generation_;
        changed_ = true;
    }

    std::vector<api::Condition> list_;
    std::int64_t generation_;
    std::string now_;
    bool changed_ = false;
    bool reworded_ = false;
};

void set_conflict(Conditions& conditions, const std::optional<NameConflict>& conflict) {
    if (conflict) {
        conditions.set_true({kNameConflict, "StatefulSetNotOwned", conflict->message});
    } else {
        conditions.clear(kNameConflict);
    }
}

void write_conditions(json::Writer& writer, const std::vector<api::Condition>& conditions) {
    writer.key("conditions").begin_array();
    for (const api::Condition& condition : conditions) {
        writer.begin_object();
        writer.member("type", condition.type).member("status", condition.status);
        writer.member("observedGeneration", condition.observed_generation);
        writer.member("lastTransitionTime", condition.last_transition_time);
        writer.member("reason", condition.reason).member("message", condition.message);
        writer.end_object();
    }
    writer.end_array();
}

void write_status(json::Writer& writer, json::View old, const api::Status& status) {
    static constexpr std::array<std::string_view, 6> kOurs{
        "conditions",
        "readyReplicas",
        "updatedReplicas",
        "replicas",
        "hpaPodSelector",
        "observedGeneration"
    };
    writer.key("status").begin_object();
    write_conditions(writer, status.conditions);
    writer.member("readyReplicas", status.ready_replicas);
    writer.member("updatedReplicas", status.updated_replicas);
    writer.member("replicas", status.replicas);
    writer.member("hpaPodSelector", status.hpa_pod_selector);
    writer.member("observedGeneration", status.observed_generation);
    for (const auto [key, value] : old.members()) {
        if (std::find(kOurs.begin(), kOurs.end(), key) == kOurs.end()) {
            writer.key(key).value(value);
        }
    }
    writer.end_object();
}

std::string make_body(json::View set_object, const api::Status& status) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object();
    for (const auto [key, value] : set_object.members()) {
        if (key != "status") {
            writer.key(key).value(value);
        }
    }
    write_status(writer, set_object["status"], status);
    writer.end_object();
    return body;
}

Event make_event(const StatusInput& input, const ConditionText& condition, std::int32_t ready) {
    Event event;
    event.reason = condition.reason;
    event.action = "Update";
    event.note = std::string(condition.message) + ", with " + std::to_string(ready) +
                 " groups ready of total " + std::to_string(input.set->spec.replicas) + " groups";
    event.regarding = reference_to(*input.set);
    return event;
}

bool is_about_availability(const api::Condition& condition) {
    return condition.type == kAvailable || condition.type == kProgressing;
}

std::vector<api::Condition> all_others(const std::vector<api::Condition>& conditions) {
    std::vector<api::Condition> others;
    std::remove_copy_if(
        conditions.begin(), conditions.end(), std::back_inserter(others), is_about_availability
    );
    return others;
}

bool is_available(const api::Status& status) {
    return std::any_of(
        status.conditions.begin(),
        status.conditions.end(),
        [](const api::Condition& condition) {
            return condition.type == kAvailable && condition.status == "True";
        }
    );
}

StatusChange judge_change(
    const StatusInput& input, const Conditions& conditions, const api::Status& status
) {
    if (!conditions.changed() && !conditions.reworded()) {
        return StatusChange::counts;
    }
    const api::Status& before = input.set->status;
    const bool lost = is_available(before) && !is_available(status) && input.trouble.empty() &&
                      before.observed_generation == status.observed_generation &&
                      all_others(before.conditions) == all_others(status.conditions);
    return lost ? StatusChange::availability_lost : StatusChange::conditions;
}

}  // namespace

k8s::ObjectReference reference_to(const api::LeaderWorkerSet& set) {
    return {
        std::string(api::kApiVersion),
        std::string(api::kKind),
        set.metadata.namespace_name,
        set.metadata.name,
        set.metadata.uid,
        set.metadata.resource_version
    };
}

StatusPlan plan_status(const StatusInput& input) {
    const api::LeaderWorkerSet& set = *input.set;
    const Counts counts = count(input);
    const auto wanted = wanted_conditions(counts, set.spec.replicas);

    Conditions conditions(set, input.now);
    for (const ConditionText& text : wanted) {
        conditions.set_true(text, text.type == kProgressing ? input.trouble : std::string_view());
    }
    conditions.follow_generation();
    const bool groups_changed = conditions.changed();
    set_conflict(conditions, input.conflict);

    api::Status status = set.status;
    status.conditions = conditions.list();
    status.replicas = input.stateful_set_replicas;
    status.ready_replicas = counts.ready;
    status.updated_replicas = counts.updated;
    status.observed_generation = set.metadata.generation;
    if (status.hpa_pod_selector.empty()) {
        status.hpa_pod_selector = leader_selector(set.metadata.name);
    }

    StatusPlan plan;
    plan.rollout_done = set.spec.rollout_strategy.partition == 0 &&
                        counts.existing_updated_and_ready == set.spec.replicas;
    if (status == set.status) {
        return plan;
    }
    plan.change = judge_change(input, conditions, status);
    plan.body = make_body(input.set_object, status);
    if (groups_changed) {
        plan.event = make_event(input, wanted.front(), counts.ready);
    }
    return plan;
}

}  // namespace lws::rules
