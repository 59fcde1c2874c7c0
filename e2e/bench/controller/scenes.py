# SPDX-License-Identifier: Apache-2.0
"""What is done to the cluster while the programs are measured. Each scene gives figures by name."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from api import MERGE_PATCH, Api, ApiError, PodTable
from audit import AuditLog, Counts
from process_cost import MIB, Memory, cpu_seconds, memory
from programs import USERS, Program, lease_holder, wait_until

PREFIX = "leaderworkerset.sigs.k8s.io/"
REVISION_LABEL = PREFIX + "template-revision-hash"
# What the controller remembers of groups is written up to 5 s after the change.
QUIET_SECONDS = 6.0
Figures = dict[str, float]


@dataclass(frozen=True)
class Shape:
    sets: int
    groups: int
    size: int

    @property
    def pods(self) -> int:
        return self.sets * self.groups * self.size


def set_name(number: int) -> str:
    return f"set-{number:04}"


def template(image: str) -> dict:
    """For a node of kwok. Of the size that a template of a server has, without one."""
    resources = {"cpu": "10m", "memory": "16Mi"}
    return {"spec": {
        "nodeSelector": {"type": "kwok"},
        "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
        "containers": [{
            "name": "main", "image": image, "command": ["serve"],
            "ports": [{"containerPort": 8080}],
            "env": [{"name": "LEADER", "value": "$(LWS_LEADER_ADDRESS)"}],
            "resources": {"requests": resources, "limits": resources}}]}}


def make_set(name: str, groups: int, size: int, **more) -> dict:
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": {"replicas": groups, "leaderWorkerTemplate": {
            "size": size, "workerTemplate": template("registry.local/none:1")}, **more}}


class Stage:
    """A namespace of its own, the programs that work in it, and what they have cost so far."""

    def __init__(self, api: Api, namespace: str, programs: list[Program], log: AuditLog) -> None:
        self.api, self.namespace, self.programs, self._log = api, namespace, programs, log
        api.create("/api/v1/namespaces",
                   {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        # Pods are refused until their account is there.
        wait_until("the namespace's account", lambda: self._exists("serviceaccounts/default"), 30)
        self.table = PodTable(api, namespace, REVISION_LABEL)
        self.sets_path = f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/{namespace}/leaderworkersets"
        self.pods_path = f"/api/v1/namespaces/{namespace}/pods"

    def _exists(self, path: str) -> bool:
        try:
            self.api.get(f"/api/v1/namespaces/{self.namespace}/{path}")
            return True
        except ApiError:
            return False

    def close(self) -> None:
        self.table.__exit__()
        self.api.delete(f"/api/v1/namespaces/{self.namespace}")

    def cpu(self) -> dict[str, float]:
        return {program.name: cpu_seconds(program.pid) for program in self.programs}

    def memories(self) -> dict[str, Memory]:
        return {program.name: memory(program.pid) for program in self.programs}

    def begin(self) -> None:
        """Requests until now belong to nobody."""
        self._log.calls(USERS)

    def settle(self, most: float = 600) -> Counts:
        """All requests since begin(), once nothing is written any more."""
        return Counts(self._log.until_quiet(USERS, QUIET_SECONDS, most))


def resident(prefix: str, memories: dict[str, Memory]) -> Figures:
    out = {f"{prefix} MiB, {name}": m.resident / MIB for name, m in memories.items()}
    out[f"{prefix} MiB"] = sum(m.resident for m in memories.values()) / MIB
    out[f"{prefix} MiB, of it files"] = sum(m.files for m in memories.values()) / MIB
    return out


def cost(before: dict[str, float], after: dict[str, float]) -> Figures:
    out = {f"CPU s, {name}": after[name] - before[name] for name in after}
    out["CPU s"] = sum(after.values()) - sum(before.values())
    return out


def requests(counts: Counts) -> Figures:
    return {"writes": counts.writes, "events": counts.events, "reads": counts.reads}


def create(stage: Stage, shape: Shape, timeout: float) -> tuple[Figures, Counts]:
    """All sets at once, until all their pods are Ready and nothing is written any more."""
    figures = resident("RSS at start", stage.memories())
    stage.begin()
    cpu, began = stage.cpu(), time.monotonic()
    stage.api.create_all((stage.sets_path, make_set(set_name(i), shape.groups, shape.size))
                         for i in range(shape.sets))
    ready = stage.table.wait(
        f"{shape.pods} pods Ready",
        lambda pods: len(pods) == shape.pods and all(p.ready for p in pods.values()), timeout)
    figures["all Ready s"] = ready - began
    figures["CPU s until Ready"] = cost(cpu, stage.cpu())["CPU s"]
    counts = stage.settle()
    figures |= cost(cpu, stage.cpu()) | requests(counts) | resident("RSS", stage.memories())
    figures["RSS peak MiB"] = sum(m.peak for m in stage.memories().values()) / MIB
    figures["writes beyond one a group, a set"] = (
        (counts.writes - shape.sets * shape.groups) / shape.sets)
    return figures, counts


def fail_container(stage: Stage, pod: str) -> None:
    """As a kubelet says that a container has ended and was started again."""
    path = f"{stage.pods_path}/{pod}"
    statuses = stage.api.get(path)["status"]["containerStatuses"]
    statuses[0]["restartCount"] += 1
    stage.api.request("PATCH", f"{path}/status", {"status": {"containerStatuses": statuses}},
                      MERGE_PATCH)


def incarnation(stage: Stage, leader: str, size: int) -> dict[str, str]:
    """{name: UID} of a group's pods, the leader first."""
    names = [leader, *(f"{leader}-{worker}" for worker in range(1, size))]
    return {name: stage.table.pods[name].uid for name in names}


def wait_anew(stage: Stage, before: dict[str, str]) -> float:
    return stage.table.wait(
        f"group {next(iter(before))} anew and Ready",
        lambda pods: all(n in pods and pods[n].ready and pods[n].uid != uid
                         for n, uid in before.items()), 60)


def recover(stage: Stage, shape: Shape, times: int) -> tuple[Figures, Counts]:
    """A worker's container restarts, in one group after another, each in another set."""
    took = []
    stage.begin()
    cpu = stage.cpu()
    for i in range(times):
        leader = f"{set_name(i * shape.sets // times)}-{i % shape.groups}"
        before = incarnation(stage, leader, shape.size)
        fail_container(stage, list(before)[-1])
        began = time.monotonic()
        took.append(wait_anew(stage, before) - began)
    counts = stage.settle()
    figures = {"all Ready s": statistics.median(took), "all Ready s, slowest": max(took),
               "writes a recovery": counts.writes / times, "events a recovery": counts.events / times}
    return figures | cost(cpu, stage.cpu()) | resident("RSS", stage.memories()), counts


def update(stage: Stage, groups: int, size: int, unavailable: int) -> tuple[Figures, Counts]:
    """Another image for one set with many groups."""
    rollout = {"type": "RollingUpdate", "rollingUpdateConfiguration": {
        "partition": 0, "maxUnavailable": unavailable, "maxSurge": 0}}
    name, path = "rolling", f"{stage.sets_path}/rolling"
    stage.api.create(stage.sets_path, make_set(name, groups, size, rolloutStrategy=rollout))

    def ours(pods):
        return [p for pod, p in pods.items() if pod.startswith(f"{name}-")]

    def all_ready(pods):
        mine = ours(pods)
        return len(mine) == groups * size and all(p.ready for p in mine)
    stage.table.wait("the set to be Ready", all_ready, 300)
    stage.settle()
    old = {p.revision for p in ours(stage.table.pods)}
    stage.begin()
    cpu, began = stage.cpu(), time.monotonic()
    change = {"spec": {"leaderWorkerTemplate": {"workerTemplate": template("registry.local/none:2")}}}
    stage.api.request("PATCH", path, change, MERGE_PATCH)
    done = stage.table.wait(
        "all groups new and Ready",
        lambda pods: all_ready(pods) and all(p.revision not in old for p in ours(pods)), 600)
    counts = stage.settle()
    figures = {"all new s": done - began} | cost(cpu, stage.cpu()) | requests(counts)
    stage.api.delete(path)
    return figures, counts


def foreign(stage: Stage, count: int) -> tuple[Figures, Counts]:
    """Pods of nobody's set, which nothing schedules."""
    before = stage.memories()
    stage.begin()
    pod = {"apiVersion": "v1", "kind": "Pod",
           "spec": template("registry.local/none:1")["spec"] | {"schedulerName": "nobody"}}
    stage.api.create_all(
        (stage.pods_path, pod | {"metadata": {"name": f"foreign-{i}", "labels": {"app": "foreign"}}})
        for i in range(count))
    counts = stage.settle()
    grown = resident("RSS grown", stage.memories())
    base = resident("RSS grown", before)
    stage.api.delete(f"{stage.pods_path}?labelSelector=app%3Dforeign")
    return {name: value - base[name] for name, value in grown.items()}, counts


def change_of_leader(stage: Stage, shape: Shape, standby: Program) -> tuple[Figures, Counts]:
    """A second controller waits, the first one ends, and a group fails just then."""
    leader = next(p for p in stage.programs if p.name == "controller")
    figures = {"RSS MiB, leader": memory(leader.pid).resident / MIB,
               "RSS MiB, standby": memory(standby.pid).resident / MIB}
    stage.begin()
    held_by = lease_holder(stage.api)
    before = incarnation(stage, f"{set_name(0)}-0", shape.size)
    leader.end()
    fail_container(stage, list(before)[-1])
    ended = time.monotonic()
    wait_until("another to lead", lambda: lease_holder(stage.api) not in ("", held_by), 60)
    elected = time.monotonic()
    wait_until("the new leader's lists", standby.is_ready, 60)
    figures["lease s"] = elected - ended
    figures["ready s after the lease"] = time.monotonic() - elected
    figures["group anew s after the lease"] = wait_anew(stage, before) - elected
    counts = stage.settle()
    figures["RSS MiB, new leader"] = memory(standby.pid).resident / MIB
    return figures, counts


def remove(stage: Stage) -> None:
    stage.api.delete(stage.sets_path)
    stage.table.wait("all pods to be gone", lambda pods: not pods, 600)
