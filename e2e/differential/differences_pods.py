# SPDX-License-Identifier: Apache-2.0
"""Deliberate differences in the mutation of pods."""
import copy
import re

from . import cases
from .cases import MUTATE_POD, annotations, items, labels, member
from .differences import Difference
from .exchange import with_object
from .model import all_containers, integer

_MOST_TPU_BYTES = 3 * 1024 * 1024
_TPU_TEXTS = ("TPU_WORKER_HOSTNAMES", "TPU_PROCESS_ADDRESSES")


def _name(case):
    return member(case.item, "metadata", "name") or ""


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
    size = sum(len(member(entry, "value") or "")
               for container in all_containers(member(c.peer.after, "spec"))
               for entry in items(container, "env") if member(entry, "name") in _TPU_TEXTS)
    return _like_peer(c) if size > _MOST_TPU_BYTES else None


def _beyond_int32(c):
    values = (integer(annotations(c.case.item).get(cases.SUBGROUP_SIZE)),
              integer(labels(c.case.item).get(cases.SUBGROUP_INDEX)))
    expected = f"subgroup size or index is beyond int32 for pod {_name(c.case)}"
    beyond = any(v is not None and not -2**31 <= v < 2**31 for v in values)
    return _like_peer(c) if beyond and c.ours.code == 403 and c.ours.message == expected else None


def _without_unknown(item):
    """A copy whose environment entries have only the API's members, and how many were dropped."""
    item, dropped = copy.deepcopy(item), 0
    for container in all_containers(member(item, "spec")):
        for entry in items(container, "env"):
            unknown = [k for k in entry if k not in ("name", "value",
                                                     "valueFrom")] if isinstance(entry,
                                                                                 dict) else []
            dropped += len(unknown)
            for key in unknown:
                del entry[key]
    return item, dropped


def _unknown_in_environment(c):
    """The peer leaves them where they were in the list, on another variable by then."""
    if c.case.path != MUTATE_POD or c.ours.allowed is not True \
            or not _without_unknown(c.case.item)[1]:
        return None
    ours, _ = _without_unknown(c.ours.after)
    peer, _ = _without_unknown(c.peer.after)
    return with_object(c.ours, ours), with_object(c.peer, peer)


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
]
