# SPDX-License-Identifier: Apache-2.0
"""The named rules of the API that cases are counted for.

A rule of validation counts where an answer carries its text; a rule of pods where the pod calls for
it and, unless it is a denial, is allowed.
"""
import re

from . import cases, model
from .cases import (MUTATE_POD, MUTATE_SET, VALIDATE_POD, VALIDATE_SET, annotations, items, labels,
                    mapping, member)
from .model import LWT, integer

_ROLLING = "spec.rolloutStrategy.rollingUpdateConfiguration."
_SUBGROUP = f"spec.{LWT}.SubGroupPolicy.subGroupSize: Invalid value: "
_PERCENT = "a valid percent string must be"

# A denied set: (rule, text at the start of an error, text in it).
_TEXTS = [
    ("set: generateName is a DNS-1035 prefix", "metadata.generateName:", ""),
    ("set: name is a DNS-1035 label", "metadata.name:", "a DNS-1035 label must"),
    ("set: name of at most 63 characters", "metadata.name:", "must be no more than 63 characters"),
    ("set: name is required", "metadata.name: Required", ""),
    ("set: namespace is required", "metadata.namespace: Required", ""),
    ("set: namespace is a DNS-1123 label", "metadata.namespace: Invalid", ""),
    ("set: generation is not negative", "metadata.generation:", ""),
    ("set: labels are well formed", "metadata.labels:", ""),
    ("set: annotations are well formed", "metadata.annotations: ", ""),
    ("set: replicas >= 0", "spec.replicas:", "equal or greater than 0"),
    ("set: replicas <= 1000000", "spec.replicas:", "equal or less than 1000000"),
    ("set: size >= 1", f"spec.{LWT}.size:", ""),
    ("set: replicas times size fits int32", "spec.replicas:", "the product of replicas"),
    ("set: maxUnavailable >= 0", _ROLLING + "maxUnavailable:", "greater than or equal to 0"),
    ("set: maxUnavailable is a percentage", _ROLLING + "maxUnavailable:", _PERCENT),
    ("set: maxUnavailable <= 100%", _ROLLING + "maxUnavailable:", "not be greater than 100%"),
    ("set: maxUnavailable can be scaled", _ROLLING + "maxUnavailable:", ": invalid value"),
    ("set: maxSurge >= 0", _ROLLING + "maxSurge:", "greater than or equal to 0"),
    ("set: maxSurge is a percentage", _ROLLING + "maxSurge:", _PERCENT),
    ("set: maxSurge <= 100%", _ROLLING + "maxSurge:", "not be greater than 100%"),
    ("set: maxSurge can be scaled", _ROLLING + "maxSurge:", ": invalid value"),
    ("set: partition >= 0", _ROLLING + "partition:", ""),
    ("set: maxUnavailable and maxSurge are not both 0", _ROLLING + "maxUnavailable:",
     "must not be 0 when"),
    ("set: subGroupSize >= 1", _SUBGROUP, "equal or greater than 1"),
    ("set: subGroupSize divides size or size - 1", _SUBGROUP, "size or size - 1 must"),
    ("set: subGroupSize <= size", _SUBGROUP, "cannot be larger than size"),
    ("set: LeaderExcluded divides size - 1", _SUBGROUP, "size-1 must be divisible"),
    ("set: subgroup topology needs subgroups", f"metadata.annotations.{cases.SUBGROUP_EXCLUSIVE}:",
     ""),
    ("set: subGroupSize is immutable", _SUBGROUP, "field is immutable"),
    ("set: subgroups cannot be enabled", _SUBGROUP, "cannot enable subGroupSize"),
    ("set: subgroups cannot be removed", _SUBGROUP, "cannot remove subGroupSize"),
    ("set: subdomainPolicy cannot become null", "spec.networkConfig.subdomainPolicy:", ""),
    ("set: names that cannot work", "metadata.name:", "pods of a StatefulSet"),
    ("set: templates restart always", f"spec.{LWT}.", "Unsupported value"),
    ("set: templates have containers", f"spec.{LWT}.", "containers: Required value"),
    ("set: templates have no deadline", f"spec.{LWT}.", "activeDeadlineSeconds"),
    ("set: an excluded leader asks for no TPUs", f"spec.{LWT}.subGroupPolicy", "the leader asks"),
    ("set: restart-grace-period-seconds is a number",
     f"metadata.annotations.{cases.RESTART_GRACE}:", ""),
    ("set: pod-termination-policy is known", f"metadata.annotations.{cases.TERMINATION}:", ""),
]


def _denial_rules(case, ours, peer):
    errors = {e for a in (ours, peer) if a.code == 403 for e in model.split_errors(a.message)}
    errors.update(ours.warnings)
    found = [rule for rule, start, text in _TEXTS if any(e.startswith(start) and text in e
                                                         for e in errors)]
    if len(errors) > 1:
        found.append("set: several errors together, in order")
    if case.operation == "UPDATE" and peer.code == 403 and peer.message != ours.message:
        found.append("set: old objects stay updatable")
    if ours.allowed is True and case.operation in ("CREATE", "UPDATE", "DELETE"):
        found.append(f"set: {case.operation} accepted")
    if peer.code == 500 or model.filled(case.item)[1]:
        found.append("set: absent numbers")
    return found


def _default_rules(item):
    spec = mapping(item, "spec")
    group, strategy, network = (mapping(spec, k) for k in (LWT, "rolloutStrategy", "networkConfig"))
    return {
        "defaults: restartPolicy": not group.get("restartPolicy"),
        "defaults: restartPolicy Default becomes None": group.get("restartPolicy") == "Default",
        "defaults: rolloutStrategy.type": not strategy.get("type"),
        "defaults: rollingUpdateConfiguration": strategy.get("rollingUpdateConfiguration") is None,
        "defaults: networkConfig": spec.get("networkConfig") is None,
        "defaults: subdomainPolicy": network.get("subdomainPolicy") is None
        and "networkConfig" in spec,
        "defaults: empty subdomainPolicy stays": network.get("subdomainPolicy") == "",
    }


_POD_DENIALS = [
    ("pod: size annotation is required", r"size annotation is unexpectedly missing"),
    ("pod: an integer cannot be read", r"strconv\.Atoi: parsing .*: invalid syntax"),
    ("pod: an integer is out of range", r"strconv\.Atoi: parsing .*: value out of range"),
    ("pod: name without ordinal", r"parsing pod ordinal for pod"),
    ("pod: worker without group-index", r"Failure constructing environment variables"),
    ("pod: subgroup size 0", r"subgroup-size annotation must not be 0|integer divide by zero"),
]


def _pod_denials(ours, peer):
    return [rule for rule, text in _POD_DENIALS
            if any(a.allowed is False and re.search(text, a.message) for a in (ours, peer))]


def _environment_facts(item):
    spec = mapping(item, "spec")
    every = model.all_containers(spec)
    names = [[member(e, "name") for e in items(c, "env")] for c in every]
    return {
        "pod: container without env": any(not items(c, "env") for c in every),
        "pod: duplicate variables": any(len(n) > len(set(n)) for n in names),
        "pod: user's own LWS_ variable": any(str(name).startswith("LWS_") for n in names
                                             for name in n),
        "pod: variables with valueFrom": any("valueFrom" in e for c in every
                                             for e in items(c, "env")
                                             if isinstance(e, dict)),
        "pod: init containers": bool(items(spec, "initContainers")),
        "pod: ephemeral containers stay": bool(items(spec, "ephemeralContainers")),
    }


def _tpu_facts(item, leader):
    asking, notes = model.tpu_containers(member(item, "spec")), annotations(item)
    if not asking:
        return {}
    names = [member(e, "name") for e in items(asking[0], "env")]
    own = "TPU_WORKER_ID" in names or "TPU_WORKER_HOSTNAMES" in names
    leader_asks = notes.get(cases.LEADER_TPUS) == "true"
    subgroup = cases.SUBGROUP_SIZE in notes
    return {
        "tpu: leader": leader and not subgroup and not own,
        "tpu: worker, leader asks": not leader and leader_asks and not subgroup and not own,
        "tpu: worker, leader does not ask": not leader and not leader_asks and not subgroup
        and not own,
        "tpu: several containers": len(asking) > 1 and not subgroup and not own,
        "tpu: init container": any(model.asks_for_tpus(c) for c in items(item, "spec",
                                                                         "initContainers")),
        "tpu: own variables are left alone": own,
        "tpu: own port": "TPU_PROCESS_PORT" in names and not own,
        "tpu: leader of subgroup": leader and subgroup and not own,
        "tpu: worker of subgroup, leader asks": not leader and subgroup and leader_asks and not own,
        "tpu: worker of subgroup, leader does not ask": not leader and subgroup and not leader_asks
        and not own,
        "tpu: no subdomain": not member(item, "spec", "subdomain"),
    }


def _affinity_facts(item, leader, key):
    notes = annotations(item)
    topology = notes.get(key)
    affinity = mapping(item, "spec", "affinity")
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    has = [any(member(t, "topologyKey") == topology for t in items(affinity, kind, required))
           for kind in ("podAffinity", "podAntiAffinity")]
    both = topology is not None and topology == notes.get(
        cases.EXCLUSIVE if key == cases.SUBGROUP_EXCLUSIVE else cases.SUBGROUP_EXCLUSIVE)
    return topology is not None, {"terms are there": all(has),
                                  "one term is there": any(has) and not all(has),
                                  "group and subgroup in one topology": both and leader}


def _subgroup_facts(item, leader):
    notes, marks = annotations(item), labels(item)
    size, group = integer(notes.get(cases.SUBGROUP_SIZE)), integer(notes.get(cases.SIZE))
    if cases.SUBGROUP_SIZE not in notes:
        return {}
    labelled = bool(marks.get(cases.SUBGROUP_INDEX))
    extra = bool(size) and group is not None and (group - 1) % size == 0 and group % size != 0
    excluded = notes.get(cases.SUBGROUP_TYPE) == "LeaderExcluded"
    exclusive = cases.SUBGROUP_EXCLUSIVE in notes and not labelled
    return {
        "subgroup: leader in subgroup 0": leader and not excluded and not labelled,
        "subgroup: excluded leader": leader and excluded,
        "subgroup: worker, leader is extra": not leader and extra and not labelled,
        "subgroup: worker, even": not leader and not extra and not labelled,
        "subgroup: index that is there stays": labelled,
        "subgroup: exclusive leader": leader and exclusive and not excluded,
        "subgroup: exclusive worker": not leader and exclusive,
    }


def _pod_facts(item, leader):
    marks, notes = labels(item), annotations(item)
    index = marks.get(cases.WORKER_INDEX)
    exclusive, terms = _affinity_facts(item, leader, cases.EXCLUSIVE)
    facts = {
        "pod: leader, group-index from its name": leader and cases.GROUP_INDEX not in marks,
        "pod: leader, group-index stays": leader and cases.GROUP_INDEX in marks,
        "pod: leader, group-key is made": leader and cases.GROUP_KEY not in marks,
        "pod: leader, group-key stays": leader and cases.GROUP_KEY in marks,
        "pod: UniquePerReplica": leader and notes.get(cases.SUBDOMAIN_POLICY) == "UniquePerReplica",
        "pod: worker, worker-index from its name": not leader,
        "pod: worker, worker-index is overwritten": not leader and index is not None,
        "pod: odd integer is kept as text": not str(notes.get(cases.SIZE)).isdigit(),
        "exclusive: leader": leader and exclusive,
        "exclusive: workers get none": not leader and exclusive,
        **{f"exclusive: {name}": leader and exclusive and fact for name, fact in terms.items()},
        **_subgroup_facts(item, leader), **_environment_facts(item), **_tpu_facts(item, leader),
    }
    return facts


def _pod_rules(case, ours, peer):
    found = _pod_denials(ours, peer)
    item = case.item
    if case.operation != "CREATE" or not isinstance(item, dict):
        return found
    if cases.NAME not in labels(item):
        return [*found, "pod: without the name label"]
    leader = labels(item).get(cases.WORKER_INDEX) == "0"
    notes = annotations(item)
    excluded = cases.SUBGROUP_SIZE in notes and notes.get(cases.SUBGROUP_TYPE) == "LeaderExcluded"
    if leader and excluded and ours.allowed is False and model.tpu_containers(member(item, "spec")):
        found.append("tpu: excluded leader is denied")
    if ours.allowed is not True:
        return found
    found += [rule for rule, fact in _pod_facts(item, leader).items() if fact]
    if annotations(ours.after).get(cases.POD_GROUP) not in (None, "old"):
        found.append("pod: gang scheduling annotation")
    return found


_CODEC_KINDS = {
    "v1beta1 and other versions", "missing object", "unknown operation", "wrong type in the object",
    "wrong type in the review", "unknown members", "other kind of object", "object that is none",
    "content type",
    "empty body", "broken text", "escapes and blanks", "deep nesting", "duplicate members",
    "text that is no Unicode", "YAML"}


def rules_of(case, ours, peer):
    """Names of the rules that the case was about, by the answers as they came."""
    found = []
    if case.kind in _CODEC_KINDS:
        found.append(f"review: {case.kind}")
    if case.path == VALIDATE_SET:
        found += _denial_rules(case, ours, peer)
    elif case.path == MUTATE_SET and ours.allowed is True and case.operation != "DELETE":
        found += [rule for rule, fact in _default_rules(case.item).items() if fact]
    elif case.path == MUTATE_POD:
        found += _pod_rules(case, ours, peer)
    elif case.path == VALIDATE_POD and ours.allowed is True:
        found.append("pod: validation allows")
    return found
