# SPDX-License-Identifier: Apache-2.0
"""What a set asks for, read as the API reads it; absent numbers count as their defaults.

Only for judging differences: written from the API's documents, not from either implementation.
"""
import copy
import dataclasses
import math
import re

from . import cases
from .cases import annotations, items, mapping, member
from .normalise import quantity

LWT = "leaderWorkerTemplate"
_INT64 = 2**63
_ERROR_START = re.compile(
    r", (?=(?:metadata|spec)(?:[.\[][A-Za-z0-9./_\]-]+)*: "
    r"(?:Invalid value|Required value|Unsupported value|Forbidden|Too long|Duplicate value))")


def integer(text):
    """Go's strconv.Atoi; None for what it refuses."""
    if not isinstance(text, str) or not re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII):
        return None
    value = int(text)
    return value if -_INT64 <= value < _INT64 else None


def scaled(value, total, rounded):
    """A count, or a share of `total`; 0 for what cannot be scaled."""
    if not isinstance(value, str):
        return value or 0
    percent = integer(value[:-1]) if value.endswith("%") else None
    return 0 if percent is None else rounded(percent * total / 100)


@dataclasses.dataclass(frozen=True)
class SetNumbers:
    replicas: int
    size: int
    partition: int
    max_unavailable: object
    max_surge: object
    has_policy: bool
    subgroup_size: int | None
    leader_excluded: bool


def set_numbers(item):
    group = mapping(item, "spec", LWT)
    rolling = member(item, "spec", "rolloutStrategy", "rollingUpdateConfiguration")
    if not isinstance(rolling, dict):
        rolling = {"maxUnavailable": 1, "maxSurge": 0}

    def number(value, default):
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def limit(value):
        return value if isinstance(value, str) else number(value, 0)

    policy = group.get("subGroupPolicy")
    return SetNumbers(
        replicas=number(member(item, "spec", "replicas"), 1), size=number(group.get("size"), 1),
        partition=number(rolling.get("partition"), 0),
        max_unavailable=limit(rolling.get("maxUnavailable")),
        max_surge=limit(rolling.get("maxSurge")), has_policy=isinstance(policy, dict),
        subgroup_size=number(member(policy, "subGroupSize"), None),
        leader_excluded=member(policy, "subGroupPolicyType") == "LeaderExcluded")


def name_limit(item):
    """The longest name whose pods can start."""
    numbers = set_numbers(item)
    if numbers.size <= 1:
        return 52
    surge = min(scaled(numbers.max_surge, numbers.replicas, math.ceil), numbers.replicas)
    return 52 - 1 - len(str(max(0, numbers.replicas + surge - 1)))


def used_templates(item):
    """(key, template) of those that become StatefulSets."""
    group = mapping(item, "spec", LWT)
    own_leader = isinstance(group.get("leaderTemplate"), dict)
    used = [("leaderTemplate", group["leaderTemplate"])] if own_leader else []
    if not own_leader or set_numbers(item).size > 1:
        used.append(("workerTemplate", mapping(group, "workerTemplate")))
    return used


def leader_spec(item):
    group = mapping(item, "spec", LWT)
    key = "leaderTemplate" if isinstance(group.get("leaderTemplate"), dict) else "workerTemplate"
    return mapping(group, key, "spec")


def asks_for_tpus(container):
    amounts = (member(container, "resources", kind, cases.TPU) for kind in ("limits", "requests"))
    return any(quantity(a) not in (None, 0) for a in amounts)


def all_containers(spec):
    return items(spec, "containers") + items(spec, "initContainers")


def tpu_containers(spec):
    return [c for c in all_containers(spec) if asks_for_tpus(c)]


def variables(spec):
    return [member(entry, "name") for c in all_containers(spec) for entry in items(c, "env")]


def split_errors(message):
    """The errors of a denied set, in order."""
    if not message:
        return []
    if message.startswith("[") and message.endswith("]"):
        message = message[1:-1]
    return _ERROR_START.split(message)


def join_errors(errors):
    return errors[0] if len(errors) == 1 else "[" + ", ".join(errors) + "]"


def filled(item):
    """A copy whose absent numbers are their defaults, and how many were absent."""
    item = copy.deepcopy(item) if isinstance(item, dict) else {}
    holes = 0

    def put(holder, key, value):
        nonlocal holes
        if not isinstance(holder, dict):
            return {}
        if holder.get(key) is None:
            holder[key] = value
            holes += 1
        return holder[key]

    spec = put(item, "spec", {})
    put(spec, "replicas", 1)
    put(put(spec, LWT, {}), "size", 1)
    strategy = put(spec, "rolloutStrategy", {"type": "RollingUpdate"})
    rolling = put(strategy, "rollingUpdateConfiguration", {"maxUnavailable": 1, "maxSurge": 0})
    put(rolling, "partition", 0)
    return item, holes


def annotation(item, key):
    """None when absent; null is the empty text."""
    found = annotations(item)
    return str(found[key] or "") if key in found else None
