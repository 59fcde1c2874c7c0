# SPDX-License-Identifier: Apache-2.0
"""A group whose worker ends again and again: its incarnations, and what lived beside what."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime

from harness import IDLE, PREFIX, make_set, template
from recording import Change

CRASH = "sleep 1; exit 1"


def crashing_set(name: str, replicas: int, size: int, which: str) -> dict:
    """Its workers whose $LWS_LEADER_ADDRESS/$LWS_WORKER_INDEX matches `which` end after a second."""
    command = (f'case "$LWS_LEADER_ADDRESS/$LWS_WORKER_INDEX" in {which}) {CRASH};; esac; {IDLE}')
    return make_set(name, replicas=replicas, size=size, leaderWorkerTemplate={
        "leaderTemplate": template(IDLE), "workerTemplate": template(command)})


def mended(body: dict) -> dict:
    new = copy.deepcopy(body)
    new["spec"]["leaderWorkerTemplate"]["workerTemplate"] = template(IDLE)
    return new


@dataclass
class Incarnation:
    """A group under one leader object."""

    leader: str  # its UID
    created: datetime
    workers: list[datetime] = field(default_factory=list)  # when each was created

    @property
    def waited(self) -> float | None:
        """Seconds between leader and workers; None while there are none."""
        return (min(self.workers) - self.created).total_seconds() if self.workers else None


def _created(pod: dict) -> datetime:
    return datetime.fromisoformat(pod["metadata"]["creationTimestamp"].replace("Z", "+00:00"))


def incarnations(changes: list[Change], leader: str) -> list[Incarnation]:
    """Of a group, in order. Workers belong to the last leader that was made before them."""
    out: list[Incarnation] = []
    seen: set[str] = set()
    for change in changes:
        uid = change.object["metadata"]["uid"]
        if uid in seen or change.type == "DELETED":
            continue
        seen.add(uid)
        if change.name == leader:
            out.append(Incarnation(uid, _created(change.object)))
        elif change.name.startswith(leader + "-") and out:
            out[-1].workers.append(_created(change.object))
    return out


def has_restarted(pod: dict) -> bool:
    return any(c["restartCount"] > 0 for c in pod.get("status", {}).get("containerStatuses", []))


def longest_beside_restarted(changes: list[Change], set_name: str, group: int) -> float:
    """How long a pod with a restarted container was left beside one without, seconds: until its
    leader was asked to end."""
    pods: dict[str, dict] = {}
    longest, since = 0.0, None
    for change in changes:
        labels = change.object["metadata"]["labels"]
        if labels.get(PREFIX + "group-index") != str(group):
            continue
        if change.type == "DELETED":
            pods.pop(change.name, None)
        else:
            pods[change.name] = change.object
        leader = pods.get(f"{set_name}-{group}")
        mixed = (leader is not None and "deletionTimestamp" not in leader["metadata"]
                 and len({has_restarted(pod) for pod in pods.values()}) == 2)
        if mixed:
            since = change.at if since is None else since
            longest = max(longest, change.at - since)
        elif since is not None:
            longest, since = max(longest, change.at - since), None
    return longest
