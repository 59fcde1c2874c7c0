# SPDX-License-Identifier: Apache-2.0
"""How groups are made to fail, and what the API server's audit log says about it afterwards."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable

import kubernetes
from audit import CONTROLLER, STATEFUL_SETS, AuditLog, Call, is_write
from harness import PREFIX, Namespace, kubectl, port_forward, wait_until

CLUSTER = pathlib.Path(__file__).resolve().parents[1] / "cluster/cluster"
MEMORY = PREFIX + "group-memory"
USERS = frozenset({CONTROLLER, STATEFUL_SETS})
DEPLOYMENT = ("-n", "lws-system", "deployment/lws-controller-manager")


def open_audit_log() -> AuditLog:
    """From now on."""
    done = subprocess.run([CLUSTER, "audit-log"], check=True, capture_output=True, text=True)
    return AuditLog(done.stdout.strip())


class Writes:
    """What controllers did in one namespace since this was made."""

    def __init__(self, namespace: str) -> None:
        self.namespace, self._log, self._calls = namespace, open_audit_log(), []

    def calls(self) -> list[Call]:
        self._calls += [c for c in self._log.calls(USERS)
                        if c.namespace == self.namespace and c.status < 300]
        return self._calls

    def of_controller(self) -> list[tuple[str, str, str]]:
        """Without events: what a recovery costs."""
        return [(c.verb, c.resource, c.name) for c in self.calls()
                if c.user == CONTROLLER and is_write(c.verb, c.resource)]

    def deletions(self, leader: str) -> int:
        """Of this leader by us."""
        return self.of_controller().count(("delete", "pods", leader))

    def creations(self, leader: str) -> int:
        """Of this leader by its StatefulSet: each gave the name another UID."""
        return sum(c.user == STATEFUL_SETS and (c.verb, c.resource, c.name) ==
                   ("create", "pods", leader) for c in self.calls())


def processes_of(pod) -> list[int]:
    """PIDs, on this machine, of the first container of a pod, its main process first."""
    container = pod.status.container_statuses[0].container_id.partition("://")[2]
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and container in (entry / "cgroup").read_text():
                found.append(int(entry.name))
    return sorted(found)


def kill_controller(namespace: Namespace) -> None:
    """SIGKILL: it tells nobody, and its successor waits until its lease has run out."""
    pods = namespace.cluster.core.list_namespaced_pod(
        "lws-system", label_selector="control-plane=controller-manager").items
    for pod in pods:
        os.kill(processes_of(pod)[0], signal.SIGKILL)


def kill_container(namespace: Namespace, pod: str) -> None:
    """SIGKILL from outside, which no handler of the container's can keep off."""
    read = namespace.cluster.core.read_namespaced_pod(pod, namespace.name)
    os.kill(wait_until(f"a process of {pod}", lambda: processes_of(read))[0], signal.SIGKILL)


def delete_pod(namespace: Namespace, pod: str, *how: str) -> None:
    kubectl("-n", namespace.name, "delete", "pod", pod, "--wait=false", *how)


def delete_by_force(namespace: Namespace, pod: str) -> None:
    delete_pod(namespace, pod, "--force", "--grace-period=0")


def remembered(namespace: Namespace, set_name: str) -> dict[int, list[str]]:
    """The fields of each group in the annotation that survives the controller."""
    found = namespace.cluster.apps.read_namespaced_stateful_set(set_name, namespace.name)
    text = (found.metadata.annotations or {}).get(MEMORY, "")
    entries = [entry.partition("=") for entry in text.split(";")[2:]]
    return {int(group): fields.split(".") for group, _, fields in entries}


@contextlib.contextmanager
def no_controller():
    """While the block runs."""
    kubectl("scale", *DEPLOYMENT, "--replicas=0")
    try:
        wait_until("the controller is gone", lambda: kubectl(
            "-n", "lws-system", "get", "pod", "-l", "control-plane=controller-manager",
            "-o", "name").stdout == "")
        yield
    finally:
        kubectl("scale", *DEPLOYMENT, "--replicas=1")
        kubectl("rollout", "status", *DEPLOYMENT, "--timeout=60s", timeout=90)


def metrics() -> dict[str, float]:
    """Of the controller, those without labels."""
    with port_forward("lws-system", "deployment/lws-controller-manager", 8080) as url:
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as response:
            text = response.read().decode()
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.M)}


def condition_of(namespace: Namespace, set_name: str, kind: str) -> dict:
    conditions = namespace.get_set(set_name).get("status", {}).get("conditions", [])
    return next((c for c in conditions if c["type"] == kind), {})


@contextlib.contextmanager
def own_nodes(cluster, pool: str, count: int, change: Callable[[dict], None] = lambda _: None):
    """Nodes of kwok that no other test uses: template on_kwok(..., type=<pool>)."""
    names = [f"{pool}-{i}" for i in range(count)]
    capacity = {"cpu": "64", "memory": "512Gi", "pods": "250"}
    try:
        for name in names:
            node = {
                "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"},
                             "labels": {"type": pool, "kubernetes.io/hostname": name}},
                "spec": {"taints": [{"key": "kwok.x-k8s.io/node", "value": "fake",
                                     "effect": "NoSchedule"}]},
                "status": {"allocatable": capacity, "capacity": capacity},
            }
            change(node)
            cluster.core.create_node(node)
        yield names
    finally:
        for name in names:
            with contextlib.suppress(kubernetes.client.ApiException):
                cluster.core.delete_node(name)
