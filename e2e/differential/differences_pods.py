# SPDX-License-Identifier: Apache-2.0
"""Deliberate differences in the mutation of pods."""
import copy
import re

from . import cases
from .cases import MUTATE_POD, MUTATE_SET, annotations, items, labels, member
from .differences import Difference
from .exchange import with_object
from .model import all_containers, integer

_MOST_TPU_BYTES = 3 * 1024 * 1024
# What etcd takes as one request, by default.
_MOST_STORED_BYTES = 1536 * 1024
_TPU_TEXTS = ("TPU_WORKER_HOSTNAMES", "TPU_PROCESS_ADDRESSES")


def _name(case):
    return str(member(case.item, "metadata", "name") or "")


def _like_peer(c):
    return c.peer, c.peer


def _zero_subgroup(c):
    """The peer divides by it."""
    if c.case.path != MUTATE_POD or integer(annotations(c.case.item).get(cases.SUBGROUP_SIZE)) != 0:
        return None
    expected = (403, "Forbidden", f"subgroup-size annotation must not be 0 for pod {_name(c.case)}")
    panic = c.peer.code == 500 and c.peer.message == \
        "panic: runtime error: integer divide by zero [recovered]"
    return _like_peer(c) if panic and (c.ours.code, c.ours.reason,
                                       c.ours.message) == expected else None


def _large_group(c):
    """The peer builds a list of hosts of any length."""
    name = re.escape(_name(c.case))
    text = rf"the TPU environment of pod {name} would exceed {_MOST_TPU_BYTES} bytes: .*"
    if c.case.path != MUTATE_POD or c.ours.code != 403 or not re.fullmatch(text, c.ours.message):
        return None
    # A pod that both deny for something else is told of the limit first.
    if c.peer.code == 403 and c.peer.message.startswith("Failure constructing environment"):
        return _like_peer(c) if (integer(annotations(c.case.item).get(cases.SIZE)) or 0) > 50_000 \
            else None
    size = sum(len(member(entry, "value") or "")
               for container in all_containers(member(c.peer.after, "spec"))
               for entry in items(container, "env") if member(entry, "name") in _TPU_TEXTS)
    # Less than the limit when the pod has one of the texts already.
    return _like_peer(c) if size > _MOST_STORED_BYTES else None


def _beyond_int32(c):
    values = (integer(annotations(c.case.item).get(cases.SUBGROUP_SIZE)),
              integer(labels(c.case.item).get(cases.SUBGROUP_INDEX)))
    expected = f"subgroup size or index is beyond int32 for pod {_name(c.case)}"
    beyond = any(v is not None and not -2**31 <= v < 2**31 for v in values)
    return _like_peer(c) if beyond and c.ours.code == 403 and c.ours.message == expected else None


_OF_VARIABLES = {"name", "value", "valueFrom", "fieldRef", "resourceFieldRef", "configMapKeyRef",
                 "secretKeyRef", "fileKeyRef", "apiVersion", "fieldPath", "containerName",
                 "resource", "divisor", "key", "optional", "volumeName", "path"}


def _drop_unknown(entry):
    """Takes members that no variable has out of it; how many there were."""
    if not isinstance(entry, dict):
        return 0
    unknown = [key for key in entry if key not in _OF_VARIABLES]
    for key in unknown:
        del entry[key]
    return len(unknown) + sum(_drop_unknown(value) for value in entry.values())


def _without_unknown(item):
    """A copy whose environment entries have only the API's members, and how many were dropped."""
    item = copy.deepcopy(item)
    entries = [e for c in all_containers(member(item, "spec")) for e in items(c, "env")]
    return item, sum(_drop_unknown(entry) for entry in entries)


def _unknown_in_environment(c):
    """The peer leaves them where they were in the list, on another variable by then."""
    if c.case.path != MUTATE_POD or c.ours.allowed is not True \
            or not _without_unknown(c.case.item)[1]:
        return None
    ours, _ = _without_unknown(c.ours.after)
    peer, _ = _without_unknown(c.peer.after)
    return with_object(c.ours, ours), with_object(c.peer, peer)


# Members that the API requires, so that Go always writes them.
_REQUIRED = {"containerPort": 0, "key": "", "operator": "", "topologyKey": "", "fieldPath": "",
             "resource": "", "weight": 0, "preference": {}}


def _without_zeros(value, like, count):
    """A copy of `value` without the required members that are zero there and absent in `like`."""
    if isinstance(value, list) and isinstance(like, list) and len(value) == len(like):
        return [_without_zeros(v, w, count) for v, w in zip(value, like)]
    like = {} if like is None else like
    if not isinstance(value, dict) or not isinstance(like, dict):
        return value
    out = {}
    for key, entry in value.items():
        if like.get(key) is None and key in _REQUIRED and entry == _REQUIRED[key]:
            count.append(key)
        else:
            out[key] = _without_zeros(entry, like.get(key), count)
    return out


def _required_zeros(c):
    """The peer's patch writes zeros that the pod or template did not have."""
    if c.case.path not in (MUTATE_POD, MUTATE_SET) or c.ours.allowed is not True:
        return None
    count = []
    peer = _without_zeros(c.peer.after, c.ours.after, count)
    return (c.ours, with_object(c.peer, peer)) if count else None


DIFFERENCES = [
    Difference("zero-subgroup-size", "upstream divides by zero; ours denies and says why",
               _zero_subgroup),
    Difference("tpu-environment-limit",
               "a group whose TPU environment could not be stored is denied", _large_group),
    Difference("subgroup-beyond-int32", "a subgroup beyond the API's own limits is denied",
               _beyond_int32),
    Difference("unknown-member-of-variable",
               "the peer's patch moves it to another variable; ours keeps it in place",
               _unknown_in_environment),
    Difference("zeros-of-required-members", "the peer writes required members that are absent; the "
               "API server refuses such an object either way", _required_zeros),
]
