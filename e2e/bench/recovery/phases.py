# SPDX-License-Identifier: Apache-2.0
"""Recovery of a group whose worker's process is killed, on the real node, by phase."""

from __future__ import annotations

import argparse
import math
import statistics
import time
from dataclasses import dataclass, fields

from failures import Writes, kill_container
from harness import PREFIX, Cluster, Namespace, group_names, is_ready, make_set, template, wait_until
from recording import Change, Recording, is_serving

# Ignores SIGTERM, as a hung collective does: the whole grace period is waited for.
STUBBORN = "trap '' TERM; while true; do sleep 3600; done"
SETTLE = 2.0


@dataclass(frozen=True)
class Phases:
    """Seconds. Each begins where the one before ends."""

    notice: float  # from the kill to the deletion of the leader
    teardown: float  # until the last container of the old pods has ended
    removal: float  # until the last of the old pods is gone
    start: float  # until all new pods are Ready
    total: float


def has_ended(change: Change) -> bool:
    statuses = change.object.get("status", {}).get("containerStatuses", [])
    return change.type == "DELETED" or (
        bool(statuses) and all("terminated" in s.get("state", {}) for s in statuses)
        and "deletionTimestamp" in change.object["metadata"])


def split(changes: list[Change], leader: str, old: dict[str, str], killed: float) -> Phases:
    """`old` are the UIDs before, by name; `killed` is the moment."""
    ended: dict[str, float] = {}
    gone: dict[str, float] = {}
    ready: dict[str, float] = {}
    noticed = None
    for change in changes:
        name, uid = change.name, change.object["metadata"]["uid"]
        if change.at < killed or name not in old:
            continue
        if uid != old[name]:
            if change.type != "DELETED" and is_serving(change.object):
                ready.setdefault(name, change.at)
            continue
        if name == leader and noticed is None and "deletionTimestamp" in change.object["metadata"]:
            noticed = change.at
        if has_ended(change):
            ended.setdefault(name, change.at)
        if change.type == "DELETED":
            gone[name] = change.at
    marks = [killed, noticed, max(ended.values()), max(gone.values()), max(ready.values())]
    steps = [after - before for before, after in zip(marks, marks[1:], strict=False)]
    return Phases(*steps, marks[-1] - marks[0])


def percentile(values: list[float], share: float) -> float:
    """By the nearest rank: one of the values."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(found: list[Phases]) -> list[str]:
    lines = [f"{'phase':10} {'median s':>9} {'p95 s':>9} {'least':>9} {'most':>9}"]
    for field in fields(Phases):
        values = [getattr(one, field.name) for one in found]
        lines.append(f"{field.name:10} {statistics.median(values):9.2f} "
                     f"{percentile(values, 0.95):9.2f} {min(values):9.2f} {max(values):9.2f}")
    return lines


def body(options: argparse.Namespace) -> dict:
    pod = template(STUBBORN)
    pod["spec"]["terminationGracePeriodSeconds"] = options.grace
    made = make_set("recovery", replicas=options.count, size=options.size,
                    leaderWorkerTemplate={"workerTemplate": pod})
    if options.restart_grace:
        made["metadata"]["annotations"] = {
            PREFIX + "restart-grace-period-seconds": str(options.restart_grace)}
    return made


def recover(space: Namespace, recording: Recording, group: int, size: int) -> Phases:
    """One group after the other: a group that fails twice waits."""
    leader = f"recovery-{group}"
    names = {leader, *(f"{leader}-{worker}" for worker in range(1, size))}
    old = {name: uid for name, uid in space.uids("recovery").items() if name in names}
    killed = time.monotonic()
    kill_container(space, f"{leader}-1")

    def is_back() -> bool:
        pods = space.pods("recovery")
        return all(n in pods and pods[n].metadata.uid != old[n] and is_ready(pods[n]) for n in names)
    wait_until(f"group {group} is back", is_back, timeout=120)
    time.sleep(SETTLE)
    return split(recording.pods_of("recovery"), leader, old, killed)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="recovery phases")
    number = {"type": int, "metavar": "N"}
    parser.add_argument("--count", default=20, help="groups, each of which fails once", **number)
    parser.add_argument("--size", default=2, help="pods of each", **number)
    parser.add_argument("--grace", default=5, help="seconds that the pods may take to end", **number)
    parser.add_argument("--restart-grace", default=0, help="of the annotation; 0: without", **number)
    parser.add_argument("--most", type=float, metavar="SECONDS",
                        help="end with 1 when the median of the whole is over it")
    return parser.parse_args(arguments)


def measure(arguments: list[str]) -> int:
    options = parse(arguments)
    space = Namespace.create(Cluster(), "recovery")
    try:
        space.apply(body(options))
        space.wait_ready("recovery", group_names("recovery", options.count, options.size), 300)
        space.wait_available("recovery")
        writes = Writes(space.name)
        with Recording(space) as recording:
            found = [recover(space, recording, i, options.size) for i in range(options.count)]
        deletions = [writes.deletions(f"recovery-{i}") for i in range(options.count)]
        made = len(writes.of_controller())
    finally:
        space.delete()
    bound = f"restart grace {options.restart_grace} s" if options.restart_grace else "no restart grace"
    print(f"{options.count} groups of {options.size}, the worker's process killed, grace "
          f"{options.grace} s, {bound}")
    print("\n".join(table(found)))
    print(f"recreations of each group: {min(deletions)} to {max(deletions)}; "
          f"writes of the controller: {made / options.count:.1f} a recovery")
    total = statistics.median(one.total for one in found)
    if set(deletions) != {1}:
        print("a group was not recreated exactly once")
        return 1
    return 1 if options.most is not None and total > options.most else 0
