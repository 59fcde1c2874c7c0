# SPDX-License-Identifier: Apache-2.0
"""Every change of the objects of a namespace, recorded by watch, and what a rollout may do to them.

A test records, acts, and judges afterwards: what was seen is replayed change by change, in the order
in which the API server made them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import kubernetes
from harness import PREFIX, Namespace, wait_until

GROUP, VERSION, PLURAL = "leaderworkerset.x-k8s.io", "v1", "leaderworkersets"


@dataclass(frozen=True)
class Change:
    type: str  # LISTED, ADDED, MODIFIED, DELETED
    object: dict
    at: float = field(default_factory=time.monotonic)  # when it was seen

    @property
    def name(self) -> str:
        return self.object["metadata"]["name"]


class _Watcher(threading.Thread):
    def __init__(self, listing: Callable, arguments: tuple) -> None:
        super().__init__(daemon=True)
        self.listing, self.arguments = listing, arguments
        self.changes: list[Change] = []
        self.listed = threading.Event()
        self.failure: Exception | None = None
        self.watch = kubernetes.watch.Watch()

    def list(self) -> dict:
        return json.loads(self.listing(*self.arguments, _preload_content=False).data)

    def run(self) -> None:
        try:
            listed = self.list()
            self.changes += [Change("LISTED", item) for item in listed["items"]]
            self.listed.set()
            for event in self.watch.stream(
                    self.listing, *self.arguments,
                    resource_version=listed["metadata"]["resourceVersion"]):
                self.changes.append(Change(event["type"], event["raw_object"]))
        except Exception as e:  # noqa: BLE001: a thread must hand its failure to the test
            self.failure = e

    def is_up_to_date(self) -> bool:
        last = {change.name: change for change in list(self.changes)}
        seen = {name: change.object["metadata"]["resourceVersion"]
                for name, change in last.items() if change.type != "DELETED"}
        return seen == {item["metadata"]["name"]: item["metadata"]["resourceVersion"]
                        for item in self.list()["items"]}


class Recording:
    """Pods, StatefulSets and sets of a namespace. `with` waits at its end for the last change."""

    def __init__(self, namespace: Namespace) -> None:
        cluster = namespace.cluster
        self.watchers = {
            "pods": _Watcher(cluster.core.list_namespaced_pod, (namespace.name,)),
            "statefulsets": _Watcher(cluster.apps.list_namespaced_stateful_set, (namespace.name,)),
            "sets": _Watcher(cluster.custom.list_namespaced_custom_object,
                             (GROUP, VERSION, namespace.name, PLURAL)),
        }

    def __enter__(self) -> Recording:
        for kind, watcher in self.watchers.items():
            watcher.start()
            assert watcher.listed.wait(30), f"no list of {kind} within 30 s: {watcher.failure}"
        return self

    def __exit__(self, failure, *_) -> None:
        for kind, watcher in self.watchers.items():
            if failure is None:
                wait_until(f"the watch of {kind} has seen the last change",
                           lambda w=watcher: not w.is_alive() or w.is_up_to_date())
                assert watcher.is_alive(), f"the watch of {kind} ended early: {watcher.failure}"
            # stop() breaks the connection under the reader, which may well complain of that.
            watcher.watch.stop()
        for watcher in self.watchers.values():
            watcher.join(10)

    def of(self, kind: str, name: str) -> list[Change]:
        return [c for c in self.watchers[kind].changes if c.name == name]

    def pods_of(self, set_name: str) -> list[Change]:
        return [c for c in self.watchers["pods"].changes
                if c.object["metadata"]["labels"].get(PREFIX + "name") == set_name]


def is_serving(pod: dict) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and any(
        c["type"] == "Ready" and c["status"] == "True"
        for c in pod.get("status", {}).get("conditions", []))


def serving(changes: list[Change], set_name: str, size: int) -> Iterator[set[int]]:
    """The groups all of whose pods are Ready and of one revision, after each change."""
    pods: dict[str, dict] = {}

    def key(pod: dict) -> str:
        return pod["metadata"]["labels"].get(PREFIX + "template-revision-hash", "")

    def whole(group: int) -> bool:
        leader = f"{set_name}-{group}"
        members = [pods.get(n) for n in [leader, *(f"{leader}-{w}" for w in range(1, size))]]
        return (all(m is not None and is_serving(m) for m in members)
                and len({key(m) for m in members}) == 1)

    for index, change in enumerate(changes):
        if change.type == "DELETED":
            pods.pop(change.name, None)
        else:
            pods[change.name] = change.object
        if change.type == "LISTED" and [c.type for c in changes[index + 1:index + 2]] == ["LISTED"]:
            continue
        leaders = {int(n.removeprefix(f"{set_name}-")) for n in pods
                   if n.removeprefix(f"{set_name}-").isdigit()}
        yield {group for group in leaders if whole(group)}


@dataclass(frozen=True)
class Step:
    """What a rollout decides: the leader StatefulSet's revision key, partition and replicas."""

    key: str
    partition: int
    replicas: int


def steps(changes: list[Change]) -> list[Step]:
    """Of the changes of one leader StatefulSet, without those that decided nothing new."""
    out: list[Step] = []
    for change in changes:
        o = change.object
        step = Step(o["metadata"]["labels"][PREFIX + "template-revision-hash"],
                    o["spec"]["updateStrategy"]["rollingUpdate"].get("partition", 0),
                    o["spec"]["replicas"])
        if not out or out[-1] != step:
            out.append(step)
    return out


def told_by(set_name: str, history: list[Step]) -> set[str]:
    """The notes that the events of these steps have, of updates and of surge groups that go."""
    notes = set()
    for before, after in pairwise(history):
        if after.replicas < before.replicas:
            first, last = f"{set_name}-{after.replicas}", f"{set_name}-{before.replicas - 1}"
            notes.add(f"deleting surge replica {first}" if first == last
                      else f"deleting surge replicas from {first} to {last}")
        if after.key == before.key and after.partition == before.partition - 1:
            notes.add(f"Updating replica {after.partition}")
        elif after.key == before.key and after.partition != before.partition:
            notes.add(f"Updating replicas {after.partition} to {before.partition - 1} (inclusive)")
    return notes


def conditions(body: dict[str, Any]) -> dict[str, str]:
    return {c["type"]: c["status"] for c in body.get("status", {}).get("conditions", [])}


def check_partition_falls(history: list[Step]) -> None:
    for before, after in pairwise(history):
        if before.key == after.key:
            assert after.partition <= before.partition, f"the partition rose: {history}"


def check_conditions(changes: list[Change]) -> None:
    """Available excludes the other two at any time, and an update was told while it went on."""
    seen = [conditions(change.object) for change in changes]
    for told in seen:
        if told.get("Available") == "True":
            assert "True" not in (told.get("Progressing"), told.get("UpdateInProgress")), told
    assert any(told.get("UpdateInProgress") == "True" for told in seen)
    assert seen[-1].get("Available") == "True", seen[-1]


def check_notes(namespace: Namespace, set_name: str, history: list[Step]) -> None:
    """Each step has its event, and no event tells of another one."""
    expected = told_by(set_name, history)
    beginnings = ("Updating replica", "deleting surge replica")

    def told() -> set[str]:
        return {note for _, note in namespace.events(set_name) if note.startswith(beginnings)}
    wait_until(f"the notes {sorted(expected)}", lambda: told() >= expected)
    assert told() == expected
