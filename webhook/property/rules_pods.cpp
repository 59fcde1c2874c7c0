// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "webhook/property/rule_table.hpp"

namespace lws::webhook::property {
namespace {

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";

bool is_pod(const Facts& f) {
    return f.pod.has_value() && f.mutation() != nullptr;
}

bool is_patched(const Facts& f) {
    return is_pod(f) && !f.mutation()->answer.patch.empty();
}

bool was_decoded(const Facts& f) {
    return is_pod(f) && f.mutation()->answer.response.code != 400;
}

json::View terms_of(json::View pod, std::string_view kind) {
    return pod["spec"]["affinity"][kind][kRequired];
}

std::size_t new_terms(const Facts& f, std::string_view kind) {
    return terms_of(f.after(), kind).size() - terms_of(f.before(), kind).size();
}

bool has_term_of(json::View pod, std::string_view kind, std::string_view topology) {
    const auto terms = terms_of(pod, kind).items();
    return std::any_of(terms.begin(), terms.end(), [&](json::View term) {
        return term["topologyKey"].string_or("") == topology;
    });
}

// The key that the first requirement of the term is about.
std::string_view key_of(json::View term) {
    return term["labelSelector"]["matchExpressions"].at(0)["key"].string_or("");
}

std::string_view value_of(json::View term) {
    return term["labelSelector"]["matchExpressions"].at(0)["values"].at(0).string_or("");
}

json::View last_term(const Facts& f, std::size_t from_end = 1) {
    const auto terms = terms_of(f.after(), "podAffinity");
    return terms.size() < from_end ? json::View() : terms.at(terms.size() - from_end);
}

bool keeps_unknown_members(const Facts& f) {
    return is_patched(f) && f.c->object.find("x-unknown") != std::string::npos;
}

// Of a body, since such pods are huge.
bool explodes(const Facts& f) {
    return f.body && f.body->response.code == 403 &&
           f.body->response.message.find("the environment of pod ") != std::string::npos;
}

bool has_nulls(const Facts& f) {
    return f.is_admitted() && has_null(f.before());
}

bool is_of_no_set(const Facts& f) {
    return was_decoded(f) && !f.old_label("name") && f.mutation()->answer.response.allowed &&
           f.mutation()->answer.patch.empty();
}

bool lacks_size_or_has_empty_name(const Facts& f) {
    return f.pod_denied("size annotation is unexpectedly missing for pod ") ||
           (f.is_admitted() && f.old_label("name") == "");
}

bool has_bad_size(const Facts& f) {
    return f.pod_denied("strconv.Atoi: parsing ");
}

bool takes_index_of_name(const Facts& f) {
    return (f.is_leader() && !f.old_label("group-index") && f.label("group-index")) ||
           f.pod_denied("parsing pod ordinal for pod ");
}

bool gets_group_key(const Facts& f) {
    return f.is_leader() && !f.old_label("group-key") &&
           f.label("group-key").value_or("").size() == 40;
}

bool gets_own_subdomain(const Facts& f) {
    return f.is_leader() && f.annotation("subdomainPolicy") == "UniquePerReplica" &&
           f.after()["spec"]["subdomain"].string_or("") ==
               f.before()["metadata"]["name"].string_or("");
}

bool gets_worker_index(const Facts& f) {
    return f.is_worker() && f.label("worker-index") &&
           f.old_label("worker-index") != f.label("worker-index");
}

bool lacks_group_index(const Facts& f) {
    return f.pod_denied("Failure constructing environment variables, no group index label");
}

bool is_ganged(const Facts& f) {
    return f.is_admitted() && f.c->gang &&
           f.after()["metadata"]["annotations"]["scheduling.k8s.io/group-name"].is_string();
}

bool is_not_ganged(const Facts& f) {
    return f.is_admitted() && !f.c->gang &&
           !f.after()["metadata"]["annotations"]["scheduling.k8s.io/group-name"].exists();
}

bool is_no_pod(const Facts& f) {
    return is_pod(f) && f.mutation()->answer.response.code == 400;
}

bool has_signed_size(const Facts& f) {
    const auto size = f.annotation("size").value_or("");
    return f.is_admitted() && (size.starts_with('+') || size.starts_with('0') || size.size() > 9);
}

bool is_no_integer(const Facts& f) {
    return f.pod_denied("invalid syntax") || f.pod_denied("value out of range");
}

bool has_odd_ordinal(const Facts& f) {
    const auto name = f.before()["metadata"]["name"].string_or("");
    const auto digits = name.substr(std::min(name.size(), name.rfind('-') + 1));
    return is_pod(f) && f.old_label("name") &&
           ((digits.size() > 1 && digits.starts_with('0')) || digits.size() >= 10);
}

bool divides_by_odd_numbers(const Facts& f) {
    const auto size = f.annotation("subgroup-size").value_or("");
    return f.is_worker() &&
           (size.starts_with('-') || f.annotation("size").value_or("").size() > 9) &&
           f.label("subgroup-index");
}

bool gets_group_terms(const Facts& f) {
    return f.is_leader() && f.annotation("exclusive-topology") && new_terms(f, "podAffinity") > 0;
}

bool joins_users_terms(const Facts& f) {
    return f.is_admitted() && terms_of(f.before(), "podAffinity").size() > 0 &&
           new_terms(f, "podAffinity") > 0;
}

bool gets_both_terms(const Facts& f) {
    const auto group = f.annotation("exclusive-topology");
    const auto subgroup = f.annotation("subgroup-exclusive-topology");
    if (!f.is_leader() || !group || !subgroup || !f.label("subgroup-index")) {
        return false;
    }
    return (new_terms(f, "podAffinity") == 2 && key_of(last_term(f, 2)).ends_with("/group-key") &&
            key_of(last_term(f)).ends_with("/subgroup-key")) ||
           (new_terms(f, "podAffinity") == 1 && group == subgroup);
}

bool worker_gets_index(const Facts& f) {
    return f.is_worker() && f.old_label("subgroup-index").value_or("").empty() &&
           !f.label("subgroup-index").value_or("").empty();
}

bool leader_lands_on_subgroup_0(const Facts& f) {
    return f.is_leader() && f.annotation("subgroup-size") &&
           (f.annotation("subgroup-policy-type") == "LeaderExcluded"
                ? f.label("subgroup-index") == f.old_label("subgroup-index")
                : f.old_label("subgroup-index").value_or("").empty() &&
                      f.label("subgroup-index") == "0");
}

bool worker_gets_subgroup_once(const Facts& f) {
    return f.pod_denied("subgroup-size annotation must not be 0") ||
           (worker_gets_index(f) && f.label("subgroup-key").value_or("").size() == 40);
}

bool worker_gets_no_group_terms(const Facts& f) {
    return f.is_worker() && f.annotation("exclusive-topology") &&
           !f.annotation("subgroup-exclusive-topology") && new_terms(f, "podAffinity") == 0;
}

bool group_term_names_key(const Facts& f) {
    const auto terms = terms_of(f.after(), "podAffinity").items();
    return gets_group_terms(f) && std::any_of(terms.begin(), terms.end(), [&](json::View term) {
               return key_of(term).ends_with("/group-key") &&
                      value_of(term) == f.label("group-key").value_or("-");
           });
}

bool joins_where_one_kind_has_the_key(const Facts& f) {
    const auto topology = f.annotation("exclusive-topology");
    return f.is_leader() && topology &&
           has_term_of(f.before(), "podAffinity", *topology) !=
               has_term_of(f.before(), "podAntiAffinity", *topology) &&
           new_terms(f, "podAffinity") > 0;
}

bool worker_has_index_already(const Facts& f) {
    return f.is_worker() && f.annotation("subgroup-size") &&
           !f.old_label("subgroup-index").value_or("").empty() &&
           f.label("subgroup-key") == f.old_label("subgroup-key") &&
           new_terms(f, "podAffinity") == 0;
}

bool worker_has_no_leader_name(const Facts& f) {
    return worker_gets_index(f) && !f.annotation("leader-name");
}

bool validates_what_is_denied(const Facts& f) {
    return is_pod(f) && f.mutation()->answer.response.code == 403 && f.pod->validated &&
           f.pod->validated->response.allowed;
}

constexpr RuleCheck kRules[] = {
    {4, "unknown members survive", keeps_unknown_members},
    {4, "An environment that would explode the patch is denied", explodes},
    {4, "null counts as absent in a pod", has_nulls},
    {4, "applying the webhook to its own result changes nothing, for any pod", is_patched},
    {4, "a pod without the name label is allowed without patch", is_of_no_set},
    {4,
     "an empty name label counts as present; a missing size annotation is denied",
     lacks_size_or_has_empty_name},
    {4, "the size annotation is an integer as Go reads it, else denied in its words", has_bad_size},
    {4,
     "a leader without group-index takes the ordinal of its name or is denied",
     takes_index_of_name},
    {4, "a leader gets a group key if it has none", gets_group_key},
    {4, "UniquePerReplica makes the leader's name its subdomain", gets_own_subdomain},
    {4,
     "worker-index is always overwritten by the ordinal of the name; 00 is a worker",
     gets_worker_index},
    {4, "a worker without group-index is denied", lacks_group_index},
    {4, "gang scheduling always writes the group-name annotation", is_ganged},
    {4, "Gang scheduling is off unless configured", is_not_ganged},
    {4, "Gang scheduling is on when the shared configuration names volcano", is_ganged},
    {4, "patches insert whole entries and touch only what changes", is_patched},
    {4, "a pod that cannot be decoded is invalid, not denied", is_no_pod},
    {4, "integers accept sign and leading zeros up to int64", has_signed_size},
    {4, "texts that are no integers are denied in the words of strconv", is_no_integer},
    {4, "the ordinal ends the pod name, leading zeros go, at most 2147483647", has_odd_ordinal},
    {4,
     "Division of subgroup numbers truncates towards zero and has no trap",
     divides_by_odd_numbers},
    {4,
     "exclusive-topology, even empty, gives leaders the exclusive terms on group-key",
     gets_group_terms},
    {4, "exclusive terms are appended unless both kinds have the topology key", joins_users_terms},
    {4,
     "group term before subgroup term, only the group term for the same topology",
     gets_both_terms},
    {4,
     "subgroup index of a worker, with the leader as an extra member in uneven groups",
     worker_gets_index},
    {4,
     "leaders land on subgroup 0 unless LeaderExcluded or an index is there",
     leader_lands_on_subgroup_0},
    {4,
     "workers get subgroup index, key and exclusive terms once; a size of 0 is denied",
     worker_gets_subgroup_once},
    {4, "Workers never get group affinity from the webhook", worker_gets_no_group_terms},
    {4, "Exclusive group terms name the value of the group-key label", group_term_names_key},
    {4,
     "Both exclusive terms join where only one kind has the topology key",
     joins_where_one_kind_has_the_key},
    {4, "A worker with a subgroup index gets neither key nor affinity", worker_has_index_already},
    {4,
     "The subgroup key of a worker without leader-name is made of an empty text",
     worker_has_no_leader_name},
    {4, "The validating pod path allows pods that the mutating one denies", validates_what_is_denied
    },
};

}  // namespace

std::span<const RuleCheck> pod_rules() {
    return kRules;
}

}  // namespace lws::webhook::property
