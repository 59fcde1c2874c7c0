# SPDX-License-Identifier: Apache-2.0
"""Recorded objects: which kinds, how they are kept in a file, and where etcd has them. Pure."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable

# Owners before what they own. {resource as kubectl names it: path below /registry}
KINDS = {
    "leaderworkersets.leaderworkerset.x-k8s.io": "leaderworkerset.x-k8s.io/leaderworkersets",
    "controllerrevisions.apps": "controllerrevisions",
    "statefulsets.apps": "statefulsets",
    "services": "services/specs",
    "persistentvolumes": "persistentvolumes",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "pods": "pods",
    "podgroups.scheduling.volcano.sh": "scheduling.volcano.sh/podgroups",
}
_RESOURCE_OF_KIND = {
    "LeaderWorkerSet": "leaderworkersets.leaderworkerset.x-k8s.io",
    "ControllerRevision": "controllerrevisions.apps",
    "StatefulSet": "statefulsets.apps",
    "Service": "services",
    "PersistentVolume": "persistentvolumes",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Pod": "pods",
    "PodGroup": "podgroups.scheduling.volcano.sh",
}


def resource_of(entry: dict) -> str:
    return _RESOURCE_OF_KIND[entry["kind"]]


def go_json(value) -> str:
    """As Go prints it: the data of a revision must come out of a file as the bytes that went in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def trimmed(entry: dict) -> dict:
    """Without the version in etcd, which the load gives anew, and without field managers where
    nobody applies: they matter on sets and on the StatefulSets that are applied to."""
    kept = dict(entry, metadata=dict(entry["metadata"]))
    kept["metadata"].pop("resourceVersion", None)
    managers = kept["metadata"].get("managedFields", [])
    if entry["kind"] != "LeaderWorkerSet" and not any(m["operation"] == "Apply" for m in managers):
        kept["metadata"].pop("managedFields", None)
    return kept


def write(path: pathlib.Path, entries: Iterable[dict]) -> None:
    """One object a line, so that a difference between two recordings can be read."""
    text = "".join(go_json(trimmed(entry)) + "\n" for entry in entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def read(path: pathlib.Path) -> list[dict]:
    # Not splitlines: texts of the objects may hold other separators of lines.
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def etcd_key(entry: dict) -> str:
    meta = entry["metadata"]
    parts = ["/registry", KINDS[resource_of(entry)]]
    parts += [meta["namespace"]] if "namespace" in meta else []
    return "/".join([*parts, meta["name"]])


def in_order(entries: Iterable[dict]) -> list[dict]:
    """Owners first, as far as kinds tell; nobody looks before all are there."""
    rank = list(KINDS)
    return sorted(entries, key=lambda e: rank.index(resource_of(e)))
