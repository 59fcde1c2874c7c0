// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/api/leader_worker_set.hpp"
#include "pkg/lws/rules/groups/group_names.hpp"
#include "pkg/lws/rules/revision/revision_data.hpp"
#include "webhook/property/error_order.hpp"
#include "webhook/property/rule_table.hpp"

namespace lws::webhook::property {
namespace {

bool is_update(const Facts& f) {
    return f.updated() != nullptr && f.updated()->response.code != 400;
}

bool was_denied(const Facts& f) {
    return f.updated() != nullptr && f.updated()->response.code == 403;
}

bool was_allowed(const Facts& f) {
    return f.updated() != nullptr && f.updated()->response.allowed;
}

json::View group_of(json::View set) {
    return set["spec"]["leaderWorkerTemplate"];
}

bool breaks_a_step_rule(const Facts& f) {
    return f.update_denied("field is immutable") || f.update_denied("cannot enable subGroupSize") ||
           f.update_denied("cannot remove subGroupSize");
}

bool fills_a_hole(const Facts& f) {
    const auto old_policy = group_of(f.old_object.root())["subGroupPolicy"];
    const auto policy = group_of(f.before())["subGroupPolicy"];
    return is_update(f) && old_policy.is_object() && old_policy["subGroupSize"].absent_or_null() &&
           (!policy.is_object() || policy["subGroupSize"].is_number()) &&
           !f.update_denied("field is immutable");
}

bool nulls_the_subdomain_policy(const Facts& f) {
    return f.update_denied("cannot set subdomainPolicy as null");
}

bool breaks_rules_of_both_kinds(const Facts& f) {
    return was_denied(f) && count_errors(f.updated()->response.message) >= 2 &&
           (breaks_a_step_rule(f) || nulls_the_subdomain_policy(f));
}

// Only the new object is judged: what was good got bad, or what was bad got good.
bool judges_the_new_object(const Facts& f) {
    return f.old_message.empty() ? was_denied(f) && !f.creation_denied("cannot start")
                                 : was_allowed(f);
}

bool keeps_an_old_fault(const Facts& f) {
    return was_allowed(f) && !f.old_message.empty() && f.created() != nullptr &&
           f.created()->response.code == 403;
}

bool changes_bad_labels(const Facts& f) {
    return f.update_denied("metadata.labels: Invalid value") &&
           f.old_message.find("metadata.labels: Invalid value") != std::string::npos;
}

bool only_warns(const Facts& f) {
    return f.update_warned("characters cannot start") || f.update_warned("supported values:") ||
           f.update_warned(".spec.containers: Required value") ||
           f.update_warned("activeDeadlineSeconds in StatefulSet") ||
           f.update_warned("a leader outside of all subgroups");
}

bool is_quiet_when_deleting(const Facts& f) {
    return is_update(f) && f.before()["metadata"]["deletionTimestamp"].is_string() &&
           !f.updated()->review()["warnings"].exists() && f.created() != nullptr &&
           f.created()->review()["warnings"].exists();
}

bool old_lacks_members(const Facts& f) {
    const auto spec = f.old_object.root()["spec"];
    return was_allowed(f) &&
           (spec.absent_or_null() || spec["replicas"].absent_or_null() ||
            group_of(f.old_object.root())["size"].absent_or_null() ||
            spec["rolloutStrategy"].absent_or_null() || spec["networkConfig"].absent_or_null());
}

bool is_judged_against_the_old(const Facts& f) {
    return breaks_a_step_rule(f) || nulls_the_subdomain_policy(f) || keeps_an_old_fault(f);
}

bool has_warnings(const Facts& f) {
    for (const auto* answer : {f.created(), f.updated()}) {
        if (answer != nullptr && answer->review()["warnings"].size() > 0) {
            return true;
        }
    }
    return false;
}

// The same template and network are the same data of a revision, whatever else changed.
bool rolls_by_template_only(const Facts& f) {
    if (!is_update(f)) {
        return false;
    }
    const auto spec = f.before()["spec"];
    const auto old_spec = f.old_object.root()["spec"];
    const auto data = rules::make_revision_data(spec);
    const auto old_data = rules::make_revision_data(old_spec);
    return data && old_data &&
           json::equal(spec["leaderWorkerTemplate"], old_spec["leaderWorkerTemplate"]) &&
           json::equal(spec["networkConfig"], old_spec["networkConfig"]) && *data == *old_data &&
           !json::equal(spec, old_spec);
}

std::optional<std::string> groups_that_cannot_start(const Facts& f, std::int32_t replicas) {
    const auto set = api::read_leader_worker_set(f.after());
    return set ? rules::groups_that_cannot_start(*set, replicas) : std::nullopt;
}

// Denied or warned of at creation, and told by the controller when it is stored all the same.
bool is_told_by_the_controller(const Facts& f) {
    return f.created() != nullptr &&
           (f.creation_denied("characters cannot start") ||
            f.creation_warned("characters cannot start")) &&
           groups_that_cannot_start(f, 1'000'000).has_value();
}

// Accepted, and too long only for the groups that a scale-up adds.
bool grows_too_long(const Facts& f) {
    return f.created() != nullptr && f.created()->response.allowed && !f.c->warn_long_names &&
           f.before()["metadata"]["name"].string_or("").size() > 44 &&
           groups_that_cannot_start(f, 1'000'000).has_value();
}

constexpr RuleCheck kRules[] = {
    {3,
     "UPDATE: subGroupSize immutable, not addable, not removable; the type may change",
     breaks_a_step_rule},
    {3, "UPDATE: a missing member of the old object blocks nothing", fills_a_hole},
    {3,
     "UPDATE: subdomainPolicy is not set to null, the old policy is shown",
     nulls_the_subdomain_policy},
    {3, "UPDATE: order of object rules, step rules, networkConfig, ours", breaks_rules_of_both_kinds
    },
    {3, "UPDATE: the whole new object is validated, the old one is not", judges_the_new_object},
    {3,
     "UPDATE is denied only for rules that the old object satisfied or whose inputs changed",
     keeps_an_old_fault},
    {3, "A changed map is a changed input of the rule on labels", changes_bad_labels},
    {3, "On UPDATE names and templates that cannot work are warnings", only_warns},
    {3, "An object that is being deleted gets no warnings", is_quiet_when_deleting},
    {3,
     "UPDATE: members that the old object lacks (replicas, size, rollout configuration, "
     "networkConfig, spec) block nothing",
     old_lacks_members},
    {3, "updates are validated against the old object", is_judged_against_the_old},
    {3, "warnings are part of the answer", has_warnings},
    {3,
     "Changes of leaderWorkerTemplate and networkConfig roll the groups; of replicas, "
     "rolloutStrategy and startupPolicy they do not",
     rolls_by_template_only},
    {3,
     "The controller tells which groups cannot start because of the length of the name",
     is_told_by_the_controller},
    {3,
     "A set that /scale or a restore brings over the length of its name gets a Warning event",
     grows_too_long},
};

}  // namespace

std::span<const RuleCheck> update_rules() {
    return kRules;
}

}  // namespace lws::webhook::property
