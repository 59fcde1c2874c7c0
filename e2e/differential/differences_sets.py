# SPDX-License-Identifier: Apache-2.0
"""Deliberate differences in the validation and defaulting of sets."""
import copy
import dataclasses
import math
import re

from . import cases, model
from .cases import MUTATE_SET, VALIDATE_SET, items, mapping, member
from .differences import Difference, without_errors
from .exchange import with_object
from .model import LWT, annotation, set_numbers

_PANIC = re.compile(r"panic: runtime error: (invalid memory address or nil pointer dereference|"
                    r"integer divide by zero) \[recovered\]")
_SUBGROUP_PATH = f"spec.{LWT}.SubGroupPolicy.subGroupSize"
_REMOVED_HOLE = ": Invalid value: null: cannot remove subGroupSize after enabled"
_ROLLING = "spec.rolloutStrategy.rollingUpdateConfiguration."


def _template_of(text, item):
    """The used pod template that an error or warning names, or None."""
    match = re.match(rf"spec\.{LWT}\.(leaderTemplate|workerTemplate)\.spec\.", text)
    return dict(model.used_templates(item)).get(match.group(1)) if match else None


def _spec_of(text, item):
    return mapping(_template_of(text, item), "spec")


# Rules of ours beyond upstream's: (pattern of the whole text, whether the set breaks the rule).

def _name_too_long(text, item):
    limit = re.search(r"must be no more than (\d+) characters", text)
    name = member(item, "metadata", "name")
    return isinstance(name,
                      str) and int(limit.group(1)) == model.name_limit(item) < len(name.encode())


def _restarts_otherwise(text, item):
    return _spec_of(text, item).get("restartPolicy") not in (None, "", "Always")


def _has_deadline(text, item):
    return isinstance(_spec_of(text, item).get("activeDeadlineSeconds"), int)


def _has_no_containers(text, item):
    return _template_of(text, item) is not None and not items(_spec_of(text, item), "containers")


def _excluded_leader_asks(_, item):
    return set_numbers(item).leader_excluded and bool(model.tpu_containers(model.leader_spec(item)))


def _bad_grace(_, item):
    value = annotation(item, cases.RESTART_GRACE)
    return value is not None and not (value.isascii() and value.isdigit() and int(value) > 0)


def _bad_termination(_, item):
    return annotation(item, cases.TERMINATION) not in (None, "Parallel")


_OWN_RULES = [
    ("name-cannot-work",
     "pods of a StatefulSet with such a long name can never start; found when it is applied",
     r'metadata\.name: Invalid value: ".*": must be no more than \d+ characters: '
     r'.*pods of a StatefulSet .*',
     _name_too_long),
    ("template-restart-policy",
     "no StatefulSet accepts a pod template that does not restart always",
     rf'spec\.{LWT}\.\w+\.spec\.restartPolicy: Unsupported value: ".*": supported values: "Always"',
     _restarts_otherwise),
    ("template-deadline", "no StatefulSet accepts a pod template with a deadline",
     rf"spec\.{LWT}\.\w+\.spec\.activeDeadlineSeconds: Forbidden: .*", _has_deadline),
    ("template-without-containers", "no StatefulSet accepts a pod template without containers",
     rf"spec\.{LWT}\.\w+\.spec\.containers: Required value", _has_no_containers),
    ("excluded-leader-with-tpus", "upstream's pod webhook denies every leader pod of such a set",
     rf'spec\.{LWT}\.subGroupPolicy\.subGroupPolicyType: Invalid value: "LeaderExcluded": '
     r'the leader asks .*',
     _excluded_leader_asks),
    ("restart-grace-annotation", "an annotation of ours with a value that means nothing",
     rf"metadata\.annotations\.{re.escape(cases.RESTART_GRACE)}: Invalid value: .*", _bad_grace),
    ("termination-annotation", "an annotation of ours with a value that means nothing",
     rf"metadata\.annotations\.{re.escape(cases.TERMINATION)}: Invalid value: .*",
     _bad_termination),
]


def _own_error(pattern, broken):
    expression = re.compile(pattern, re.DOTALL)

    def reconcile(c):
        if c.case.path != VALIDATE_SET:
            return None
        ours = without_errors(c.ours, lambda e: expression.fullmatch(e) and broken(e, c.case.item),
                              c.case)
        return (ours, c.peer) if ours else None
    return reconcile


# Warnings of ours; upstream has none.

def _all_down(_, item):
    numbers = set_numbers(item)
    return numbers.replicas > 1 and \
        model.scaled(numbers.max_unavailable, numbers.replicas, math.floor) >= numbers.replicas


def _one_pod_divided(_, item):
    return set_numbers(item).has_policy and set_numbers(item).size == 1


def _sets_variable(text, item):
    name = re.search(r"the variable (\w+) is set", text).group(1)
    return name.startswith("LWS_") and name in model.variables(_spec_of(text, item))


def _sets_host_name(text, item):
    key = re.search(r"\.spec\.(hostname|subdomain): ", text).group(1)
    return bool(_spec_of(text, item).get(key))


def _stays_down(text, item):
    return any(member(c, "restartPolicy") == "Never" for c in items(_spec_of(text, item),
                                                                    "containers"))


_WARNINGS = [
    ("warn-all-groups-down",
     "legal and likely wrong: a rollout that takes every group down at once",
     rf"{re.escape(_ROLLING)}maxUnavailable: all \d+ groups may be down at once during a rollout",
     _all_down),
    ("warn-subgroups-of-one", "legal and likely wrong: a group of one pod with subgroups",
     rf"spec\.{LWT}\.subGroupPolicy: groups of size 1 have nothing to divide", _one_pod_divided),
    ("warn-replaced-variable", "a variable of the user's that ours replaces",
     rf"spec\.{LWT}\.\w+\.spec\.containers: the variable \w+ is set by .*", _sets_variable),
    ("warn-replaced-host-name", "a host name or subdomain that the StatefulSet replaces",
     rf"spec\.{LWT}\.\w+\.spec\.(hostname|subdomain): ignored, .*", _sets_host_name),
    ("warn-unseen-failure", "a container whose failure restarts no group",
     rf"spec\.{LWT}\.\w+\.spec\.containers: a container with restartPolicy Never .*", _stays_down),
]


def _own_warning(pattern, holds, only_update):
    expression = re.compile(pattern, re.DOTALL)

    def reconcile(c):
        if c.case.path != VALIDATE_SET or (only_update and c.case.operation != "UPDATE"):
            return None
        kept = tuple(w for w in c.ours.warnings if not (expression.fullmatch(w)
                                                        and holds(w, c.case.item)))
        return (dataclasses.replace(c.ours, warnings=kept), c.peer)
    return reconcile


# Members that upstream dereferences and that may be absent.

def _denied_hole(text):
    return re.fullmatch(re.escape(_SUBGROUP_PATH) + r": Invalid value: (null|0): "
                        r"(subGroupSize must be equal or greater than 1|field is immutable|"
                        r"cannot enable subGroupSize after the lws is already created)", text)


def _has_no_subdomain_policy(item):
    network = member(item, "spec", "networkConfig")
    return isinstance(network, dict) and network.get("subdomainPolicy") is None


def _counts_as_default(c):
    """The peer is asked again about the same set with the defaults written out."""
    if c.case.path != VALIDATE_SET or not c.case.is_review \
            or not _PANIC.fullmatch(c.peer.message):
        return None
    new, new_holes = model.filled(c.case.item)
    old, old_holes = (None, 0) if c.case.operation == "CREATE" else model.filled(c.case.old)
    policy, old_policy = (member(i, "spec", LWT, "subGroupPolicy") for i in (new, old))
    ours, hole_in_new = c.ours, isinstance(policy, dict) and not policy.get("subGroupSize")
    if hole_in_new:
        policy["subGroupSize"] = 1
    if isinstance(old_policy, dict) and (hole_in_new or old_policy.get("subGroupSize") is None):
        old_policy["subGroupSize"] = member(policy, "subGroupSize") or 1
        old_holes += 1
        if not isinstance(policy, dict):
            # A policy without a size may be taken away.
            del old["spec"][LWT]["subGroupPolicy"]
    if old and _has_no_subdomain_policy(new) and member(old, "spec", "networkConfig") is None:
        old["spec"]["networkConfig"] = {}
        old_holes += 1
    if not (new_holes or old_holes or hole_in_new):
        return None
    peer = c.ask_peer(c.case.with_request(object=new, oldObject=old))
    if hole_in_new:
        ours = without_errors(ours, _denied_hole, c.case)
        if ours is None and c.case.operation == "CREATE":
            return None
        ours = ours or c.ours
        peer = without_errors(peer, lambda e: e.startswith(_SUBGROUP_PATH), c.case) or peer
    if peer.allowed is True:
        peer = with_object(peer, c.case.item)
    return ours, peer


# Old objects that today's rules would refuse.

def _same_meta(key):
    return lambda old, new: (member(old, "metadata", key) or None) == (member(new, "metadata", key)
                                                                       or None)


def _same_map(key):
    def same(old, new):
        one, other = mapping(old, "metadata", key), mapping(new, "metadata", key)
        return {k: v or "" for k, v in one.items()} == {k: v or "" for k, v in other.items()}
    return same


def _same_numbers(*names):
    def same(old, new):
        one, other = set_numbers(old), set_numbers(new)
        return all(getattr(one, n) == getattr(other, n) for n in names)
    return same


def _not_lower(old, new):
    return set_numbers(new).replicas >= set_numbers(old).replicas


def _not_higher(old, new):
    return set_numbers(new).replicas <= set_numbers(old).replicas


def _not_more_pods(old, new):
    one, other = set_numbers(old), set_numbers(new)
    return other.replicas * other.size <= one.replicas * one.size


def _same_topology(old, new):
    return annotation(old, cases.SUBGROUP_EXCLUSIVE) == annotation(new, cases.SUBGROUP_EXCLUSIVE) \
        and set_numbers(old).has_policy == set_numbers(new).has_policy


_SUBGROUP = ("has_policy", "subgroup_size")
# (start of the error, its detail, whether the update leaves the rule's inputs alike or better).
_NO_WORSE = [
    ("metadata.generateName:", "", _same_meta("generateName")),
    ("metadata.name:", "", _same_meta("name")),
    ("metadata.namespace:", "", _same_meta("namespace")), ("metadata.generation:", "",
                                                           _same_meta("generation")),
    ("metadata.labels:", "", _same_map("labels")), ("metadata.annotations:", "",
                                                    _same_map("annotations")),
    ("spec.replicas:", "replicas must be equal or greater than 0", _not_lower),
    ("spec.replicas:", "replicas must be equal or less than 1000000", _not_higher),
    ("spec.replicas:", "the product of replicas and", _not_more_pods),
    (f"spec.{LWT}.size:", "", _same_numbers("size")),
    (_ROLLING + "maxUnavailable:", "must not be 0 when", _same_numbers("max_unavailable",
                                                                       "max_surge")),
    (_ROLLING + "maxUnavailable:", "", _same_numbers("max_unavailable")),
    (_ROLLING + "maxSurge:", "", _same_numbers("max_surge")),
    (_ROLLING + "partition:", "", _same_numbers("partition")),
    (_SUBGROUP_PATH + ":", "subGroupSize must be equal or greater than 1",
     _same_numbers(*_SUBGROUP)),
    (_SUBGROUP_PATH + ":", "size or size - 1 must be divisible", _same_numbers(*_SUBGROUP, "size")),
    (_SUBGROUP_PATH + ":", "subGroupSize cannot be larger", _same_numbers(*_SUBGROUP, "size")),
    (_SUBGROUP_PATH + ":", "size-1 must be divisible", _same_numbers(*_SUBGROUP, "size",
                                                                     "leader_excluded")),
    (f"metadata.annotations.{cases.SUBGROUP_EXCLUSIVE}:", "", _same_topology),
]


def _rule_of(error):
    """The place and the detail of an error without its value."""
    for start, detail, no_worse in _NO_WORSE:
        if error.startswith(start) and detail in error:
            return (start, error.rpartition(": ")[2] if not detail else detail), no_worse
    return None, None


def _old_objects(c):
    if c.case.path != VALIDATE_SET or c.case.operation != "UPDATE" or not c.case.is_review \
            or c.peer.code != 403:
        return None
    missing = set(model.split_errors(c.peer.message)) - set(model.split_errors(c.ours.message))
    old, _ = model.filled(c.case.old)
    policy = member(old, "spec", LWT, "subGroupPolicy")
    if isinstance(policy, dict) and not policy.get("subGroupSize"):
        policy["subGroupSize"] = 1
    before = c.ask_peer(c.case.with_request(operation="CREATE", object=old, oldObject=None))
    broken_before = {_rule_of(e)[0]
                     for e in model.split_errors(before.message)} if before.code == 403 else set()

    def known(error):
        if error.endswith("cannot set subdomainPolicy as null"):
            return error in missing and _has_no_subdomain_policy(c.case.old)
        if error == _SUBGROUP_PATH + _REMOVED_HOLE:
            return error in missing
        rule, no_worse = _rule_of(error)
        return error in missing and rule in broken_before and no_worse and no_worse(c.case.old,
                                                                                    c.case.item)

    peer = without_errors(c.peer, known, c.case)
    return (c.ours, peer) if peer else None


# What the API server checks itself before it asks any validating webhook.

def _api_server_checks(c):
    if c.case.path != VALIDATE_SET:
        return None
    places = ("metadata.ownerReferences", "metadata.finalizers", "metadata.managedFields")
    peer = without_errors(c.peer, lambda e: e.startswith(places), c.case)
    return (c.ours, peer) if peer else None


# What Go leaves to chance.

_OF_MAPS = ("metadata.labels: ", "metadata.annotations: ")


def _map_order(c):
    """Errors of one map come in any order from the peer; ours in that of the map."""
    if c.case.path != VALIDATE_SET or c.ours.code != 403 or c.peer.code != 403:
        return None

    def ordered(answer):
        errors = model.split_errors(answer.message)
        for start in _OF_MAPS:
            of_map = [i for i, e in enumerate(errors) if e.startswith(start)]
            for place, error in zip(of_map, sorted(errors[i] for i in of_map)):
                errors[place] = error
        return dataclasses.replace(answer, message=model.join_errors(errors) if errors else "")

    ours, peer = ordered(c.ours), ordered(c.peer)
    return (ours, peer) if ours.message == peer.message else None


def _zero_limits(c):
    """The peer writes maxUnavailable and maxSurge as 0 where they were absent."""
    rolling = mapping(c.case.item, "spec", "rolloutStrategy", "rollingUpdateConfiguration")
    peer_rolling = mapping(c.peer.after, "spec", "rolloutStrategy", "rollingUpdateConfiguration")
    written = [k for k in ("maxUnavailable", "maxSurge") if rolling.get(k) is None
               and peer_rolling.get(k) == 0]
    if c.case.path != MUTATE_SET or not written or not isinstance(c.ours.after, dict):
        return None
    after = copy.deepcopy(c.ours.after)
    after["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"].update(dict.fromkeys(written, 0))
    return with_object(c.ours, after), c.peer


DIFFERENCES = [
    Difference("hole-counts-as-default",
               "upstream panics on an absent number; here it counts as its default, and "
               "a subgroup size that nothing can be divided by is denied", _counts_as_default),
    *[Difference(name, reason, _own_warning(pattern, holds, False)) for name, reason, pattern,
      holds in _WARNINGS],
    *[Difference("warn-" + name, "on UPDATE only a warning: " + reason,
                 _own_warning(pattern, broken, True))
      for name, reason, pattern, broken in _OWN_RULES[:5]],
    *[Difference(name, reason, _own_error(pattern, broken)) for name, reason, pattern,
      broken in _OWN_RULES],
    Difference("old-object-stays-updatable",
               "an update is not denied for a rule that the old object broke already, "
               "so that it can be scaled, drained and deleted", _old_objects),
    Difference("api-server-checks",
               "owners, finalizers and managed fields are checked by the API server before "
               "any validating webhook", _api_server_checks),
    Difference("map-order", "several bad labels or annotations are told in the order of the map, "
               "which Go leaves to chance", _map_order),
    Difference("rollout-zeros",
               "the peer writes absent limits as 0; the CRD's defaults leave none absent",
               _zero_limits),
]
