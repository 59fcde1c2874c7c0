# SPDX-License-Identifier: Apache-2.0
"""What must stay as it is when one controller takes over from another. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

MEMORY = "leaderworkerset.sigs.k8s.io/group-memory"
# What a controller may write to objects that are right already: the labels and annotations that it
# keeps on leader StatefulSets, conditions, events, and its lease.
ALLOWED_WRITES = frozenset({
    ("patch", "statefulsets"), ("update", "leaderworkersets/status"),
    ("create", "events"), ("patch", "events"), ("update", "events"),
    ("create", "leases"), ("update", "leases"), ("patch", "leases"),
})
# Nobody writes these in a take-over, not even their metadata.
_UNTOUCHED = frozenset({"ControllerRevision", "Pod", "Service", "PersistentVolumeClaim", "PodGroup"})

Name = tuple[str, str, str]  # kind, namespace, name


def name_of(entry: dict) -> Name:
    meta = entry["metadata"]
    return entry["kind"], meta.get("namespace", ""), meta["name"]


def facts_of(entry: dict, versions: bool = True) -> dict:
    """`versions`: also the resourceVersion of what nobody may write. It is told anew by a load."""
    meta, status = entry["metadata"], entry.get("status", {})
    facts = {"uid": meta["uid"], "generation": meta.get("generation"),
             "deleted": meta.get("deletionTimestamp")}
    if entry["kind"] == "StatefulSet":
        facts |= {key: status.get(key) for key in
                  ("updateRevision", "currentRevision", "replicas", "observedGeneration")}
        facts["spec"] = entry["spec"]
    if entry["kind"] == "ControllerRevision":
        facts |= {"data": entry["data"], "revision": entry["revision"]}
    if versions and entry["kind"] in _UNTOUCHED:
        facts["resourceVersion"] = meta["resourceVersion"]
    return facts


def observe(entries: list[dict], versions: bool = True) -> dict[Name, dict]:
    return {name_of(entry): facts_of(entry, versions) for entry in entries}


def differences(before: dict[Name, dict], after: dict[Name, dict]) -> list[str]:
    """One line for each object that came, went or changed."""
    lines = [f"{'/'.join(name)} is gone" for name in sorted(before.keys() - after.keys())]
    lines += [f"{'/'.join(name)} is new" for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        for fact, was in before[name].items():
            if after[name][fact] != was:
                lines.append(f"{'/'.join(name)} {fact}: {str(was)[:200]} -> {after[name][fact]!s:.200}")
    return lines


def leaders(entries: list[dict]) -> list[dict]:
    """The StatefulSets of leaders."""
    return [e for e in entries if e["kind"] == "StatefulSet"
            and "leaderworkerset.sigs.k8s.io/worker-index" in e["spec"]["template"]["metadata"]["labels"]]


def remembering(entries: list[dict]) -> set[str]:
    """Names of leader StatefulSets on which our controller keeps its memory of groups."""
    return {"/".join(name_of(e)[1:]) for e in leaders(entries)
            if MEMORY in e["metadata"].get("annotations", {})}


@dataclass
class Writes:
    """Those of one controller, counted."""

    count: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, verb: str, resource: str) -> None:
        self.count[verb, resource] = self.count.get((verb, resource), 0) + 1

    def forbidden(self) -> list[str]:
        return [f"{n} x {verb} {resource}" for (verb, resource), n in sorted(self.count.items())
                if (verb, resource) not in ALLOWED_WRITES]

    def __str__(self) -> str:
        return ", ".join(f"{n} {verb} {resource}" for (verb, resource), n in sorted(
            self.count.items()) if resource != "leases") or "none"
