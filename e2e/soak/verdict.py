# SPDX-License-Identifier: Apache-2.0
"""Reads from the API server's audit log whether two controllers ever acted as one. Pure."""

from __future__ import annotations

import collections
import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
STATEFUL_SETS = "system:serviceaccount:kube-system:statefulset-controller"


@dataclass(frozen=True)
class Write:
    user: str
    verb: str
    resource: str  # with its subresource: leaderworkersets/status
    namespace: str
    name: str
    received: float
    answered: float
    status: int
    uid: str = ""  # the one that a deletion was meant for

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.user.rpartition(':')[2]} {self.verb} {self.resource} {self.name} {self.status}"


def _seconds(text: str) -> float:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def read_write(line: str | bytes) -> Write | None:
    """Nothing for a read: the log has those of our programs, too."""
    entry = json.loads(line)
    if entry["verb"] not in WRITES:
        return None
    target = entry.get("objectRef", {})
    resource = target.get("resource", "")
    if target.get("subresource"):
        resource += "/" + target["subresource"]
    body = entry.get("requestObject") or {}
    return Write(entry["user"]["username"], entry["verb"], resource, target.get("namespace", ""),
                 target.get("name", ""), _seconds(entry["requestReceivedTimestamp"]),
                 _seconds(entry["stageTimestamp"]), entry.get("responseStatus", {}).get("code", 0),
                 (body.get("preconditions") or {}).get("uid", ""))


def lease_writes(writes: Iterable[Write], users: frozenset[str]) -> list[Write]:
    """Accepted ones, in the order in which the server took them."""
    return sorted((w for w in writes if w.resource == "leases" and w.user in users and w.accepted),
                  key=lambda w: w.answered)


def takeovers(writes: Iterable[Write], users: frozenset[str]) -> list[Write]:
    """The lease writes by which another user than before began to hold it."""
    leases = lease_writes(writes, users)
    return [now for before, now in zip(leases, leases[1:]) if now.user != before.user]


def stale_writes(writes: list[Write], users: frozenset[str]) -> list[str]:
    """Accepted writes, events apart, that reached the server when another held the lease."""
    leases = lease_writes(writes, users)
    found = []
    for write in writes:
        if write.user not in users or not write.accepted or write.resource in ("leases", "events"):
            continue
        before = [lease for lease in leases if lease.answered < write.received]
        if before and before[-1].user != write.user:
            found.append(f"{write} {write.received - before[-1].answered:.3f} s after "
                         f"{before[-1].user.rpartition(':')[2]} wrote the lease")
    return found


def double_deletions(writes: Iterable[Write], users: frozenset[str]) -> list[str]:
    """Pods that our controllers deleted more than once, and deletions that name no UID."""
    deletions = [w for w in writes if w.user in users and w.verb == "delete"
                 and w.resource == "pods" and w.accepted]
    counts = collections.Counter((w.name, w.uid) for w in deletions)
    return [f"{name} without a UID" for name, uid in counts if not uid] + [
        f"{name} ({uid}) {n} times" for (name, uid), n in counts.items() if uid and n > 1]


def incarnations(writes: Iterable[Write], namespace: str) -> collections.Counter:
    """How often the StatefulSet controller made each pod."""
    return collections.Counter(
        w.name for w in writes if w.user == STATEFUL_SETS and w.verb == "create"
        and w.resource == "pods" and w.namespace == namespace and w.accepted)


def miscounts(made: collections.Counter, expected: dict[str, int]) -> list[str]:
    """Leaders that were made more or less often than groups were begun, failed and renewed."""
    return [f"{name} was made {made[name]} times, not {times}"
            for name, times in sorted(expected.items()) if made[name] != times]
