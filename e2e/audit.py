# SPDX-License-Identifier: Apache-2.0
"""Requests of single users, from the API server's audit log: benches and tests count them."""

from __future__ import annotations

import collections
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

# What follows the deletion of a leader: its StatefulSet's controller makes the next one.
STATEFUL_SETS = "system:serviceaccount:kube-system:statefulset-controller"
CONTROLLER = "system:serviceaccount:lws-system:lws-controller-manager"
WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True)
class Call:
    user: str
    verb: str
    resource: str  # with its subresource: leaderworkersets/status
    status: int
    namespace: str = ""
    name: str = ""


def read_call(line: bytes) -> Call:
    entry = json.loads(line)
    target = entry.get("objectRef", {})
    resource = target.get("resource", entry.get("requestURI", "").partition("?")[0])
    if target.get("subresource"):
        resource += "/" + target["subresource"]
    return Call(entry["user"]["username"], entry["verb"], resource,
                entry.get("responseStatus", {}).get("code", 0),
                target.get("namespace", ""), target.get("name", ""))


class Counts:
    """How often each kind of request was made by some users."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self.by_kind: collections.Counter = collections.Counter()
        self.refused: collections.Counter = collections.Counter()
        for call in calls:
            kind = (call.user, call.verb, call.resource)
            self.by_kind[kind] += 1
            if call.status >= 400:
                self.refused[kind] += 1

    def _sum(self, wanted: Callable[[str, str], bool]) -> int:
        return sum(n for (_, verb, resource), n in self.by_kind.items() if wanted(verb, resource))

    @property
    def writes(self) -> int:
        """Without events and without what holds the lease."""
        return self._sum(is_write)

    @property
    def events(self) -> int:
        return self._sum(lambda verb, resource: verb in WRITES and resource == "events")

    @property
    def reads(self) -> int:
        return self._sum(lambda verb, resource: verb not in WRITES and resource != "leases")

    def lines(self) -> list[str]:
        out = []
        for (user, verb, resource), count in sorted(self.by_kind.items()):
            bad = self.refused[(user, verb, resource)]
            out.append(f"{user.rpartition(':')[2]:24} {verb:7} {resource:32} {count:7}"
                       + (f"  ({bad} refused)" if bad else ""))
        return out


def is_write(verb: str, resource: str) -> bool:
    return verb in WRITES and resource not in ("events", "leases")


class AuditLog:
    """Reads forward, also over a rotation: the server renames a full file and begins another."""

    def __init__(self, path: str | os.PathLike) -> None:
        self._path = pathlib.Path(path)
        self._file = open(self._path, "rb")  # pylint: disable=consider-using-with
        self._file.seek(0, os.SEEK_END)
        self._rest = b""

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _was_rotated(self) -> bool:
        return os.fstat(self._file.fileno()).st_ino != self._path.stat().st_ino

    def _lines(self) -> Iterator[bytes]:
        while True:
            rotated = self._was_rotated()
            text = self._rest + self._file.read()
            lines = text.split(b"\n")
            self._rest = lines.pop()
            yield from lines
            if not rotated:
                return
            self._file.close()
            self._file = open(self._path, "rb")  # pylint: disable=consider-using-with

    def calls(self, users: frozenset[str]) -> list[Call]:
        """Those of `users` since the last look."""
        # Most lines are of the cluster's own controllers: only ours are worth parsing.
        marks = [user.encode() for user in users]
        found = (read_call(line) for line in self._lines() if any(m in line for m in marks))
        return [call for call in found if call.user in users]

    def until_quiet(self, users: frozenset[str], seconds: float, most: float) -> list[Call]:
        """All calls of `users` until none of them wrote anything for so long."""
        found: list[Call] = []
        give_up = time.monotonic() + most
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < seconds:
            if time.monotonic() > give_up:
                raise TimeoutError(f"still writing after {most:.0f} s")
            time.sleep(0.1)
            fresh = self.calls(users)
            found += fresh
            if any(is_write(c.verb, c.resource) or c.resource == "events" for c in fresh):
                quiet_since = time.monotonic()
        return found
