# SPDX-License-Identifier: Apache-2.0
"""What the tests share: waiting with a reason, sets as values, a namespace that cleans up."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import kubernetes

PREFIX = "leaderworkerset.sigs.k8s.io/"
BUSYBOX = os.environ.get("LWS_BUSYBOX_IMAGE", "registry.local/busybox:1")
SAMPLE = os.environ.get("LWS_SAMPLE_IMAGE", "registry.local/lws-sample:dev")


class TimedOut(AssertionError):
    pass


def wait_until(what: str, probe: Callable[[], Any], timeout: float = 120, every: float = 0.2) -> Any:
    """Calls probe until it returns something true; a time-out says what was last seen. It is long
    enough for a machine that has much else to do: only what fails waits for it."""
    deadline = time.monotonic() + timeout
    last: Any = None
    while True:
        try:
            last = probe()
            if last:
                return last
        except (kubernetes.client.ApiException, AssertionError, subprocess.CalledProcessError) as e:
            last = e
        if time.monotonic() > deadline:
            raise TimedOut(f"waited {timeout:.0f} s for: {what}; last seen: {last!r}")
        time.sleep(every)


def kubectl(*args: str, stdin: str | None = None, check: bool = True, timeout: float = 60):
    return subprocess.run(
        ["kubectl", *args], input=stdin, check=check, timeout=timeout, text=True, capture_output=True
    )


@contextlib.contextmanager
def port_forward(namespace: str, target: str, port: int):
    process = subprocess.Popen(
        ["kubectl", "-n", namespace, "port-forward", target, f":{port}"],
        stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        assert "Forwarding from 127.0.0.1:" in line, line
        yield f"http://127.0.0.1:{line.split('127.0.0.1:')[1].split()[0]}"
    finally:
        process.terminate()
        process.wait(10)


class Cluster:
    """Typed access to the parts of the API that the tests use."""

    def __init__(self) -> None:
        self.core = kubernetes.client.CoreV1Api()
        self.apps = kubernetes.client.AppsV1Api()
        self.custom = kubernetes.client.CustomObjectsApi()


def template(command: str, *, labels: dict[str, str] | None = None, **container: Any) -> dict:
    """A pod template on busybox that ends within a second of SIGTERM."""
    return {
        "metadata": {"labels": labels or {}},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [
                {
                    "name": "main",
                    "image": BUSYBOX,
                    "command": ["sh", "-c", f"trap 'exit 0' TERM; {command}"],
                    "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}},
                    **container,
                }
            ],
        },
    }


IDLE = "while true; do sleep 1 & wait $!; done"


def on_kwok(pod_template: dict, **selector: str) -> dict:
    """The template on nodes that do not exist: pods there are Ready at once and run nothing."""
    spec = {**pod_template["spec"],
            "nodeSelector": {"type": "kwok", **selector},
            "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]}
    return {**pod_template, "spec": spec}


def rolling(**members: Any) -> dict:
    """A rollout strategy of which only these members are given."""
    defaults = {"partition": 0, "maxUnavailable": 1, "maxSurge": 0}
    return {"type": "RollingUpdate", "rollingUpdateConfiguration": {**defaults, **members}}


def changed(body: dict) -> dict:
    """The set with another template, whose pods do the same."""
    new = copy.deepcopy(body)
    container = new["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0]
    container["env"] = [{"name": "CHANGED", "value": "yes"}]
    return new


def make_set(name: str, replicas: int = 2, size: int = 2, **spec: Any) -> dict:
    lwt = {
        "size": size,
        "restartPolicy": "RecreateGroupOnPodRestart",
        "workerTemplate": template(IDLE),
        **spec.pop("leaderWorkerTemplate", {}),
    }
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name, **spec.pop("metadata", {})},
        "spec": {"replicas": replicas, "leaderWorkerTemplate": lwt, **spec},
    }


@dataclass
class Namespace:
    cluster: Cluster
    name: str
    sets: list[str] = field(default_factory=list)

    @staticmethod
    def create(cluster: Cluster, test: str) -> Namespace:
        short = re.sub(r"[^a-z0-9]+", "-", test.lower())[:40].strip("-")
        name = f"{short}-{uuid.uuid4().hex[:6]}"
        cluster.core.create_namespace({"metadata": {"name": name}})
        return Namespace(cluster, name)

    def delete(self) -> None:
        self.cluster.core.delete_namespace(self.name)

    def describe(self) -> None:
        """Printed when a test failed: what a person would look at first."""
        for what in (["lws,sts,pod,svc,controllerrevision", "-o", "wide"], ["events"]):
            print(kubectl("-n", self.name, "get", *what, check=False).stdout)

    # Sets.
    def apply(self, body: dict) -> dict:
        kubectl("-n", self.name, "apply", "--server-side", "--force-conflicts", "-f", "-",
                stdin=json.dumps(body))
        return self.get_set(body["metadata"]["name"])

    def get_set(self, name: str) -> dict:
        return self.cluster.custom.get_namespaced_custom_object(
            "leaderworkerset.x-k8s.io", "v1", self.name, "leaderworkersets", name)

    def condition(self, name: str, kind: str) -> str | None:
        conditions = self.get_set(name).get("status", {}).get("conditions", [])
        return next((c["status"] for c in conditions if c["type"] == kind), None)

    def wait_available(self, name: str, timeout: float = 180) -> None:
        def current() -> bool:
            s = self.get_set(name)
            status = s.get("status", {})
            return (status.get("observedGeneration") == s["metadata"]["generation"]
                    and self.condition(name, "Available") == "True")
        wait_until(f"set {name} Available", current, timeout)

    # Pods.
    def pods(self, set_name: str) -> dict[str, Any]:
        listed = self.cluster.core.list_namespaced_pod(
            self.name, label_selector=f"{PREFIX}name={set_name}")
        return {p.metadata.name: p for p in listed.items}

    def uids(self, set_name: str) -> dict[str, str]:
        return {name: p.metadata.uid for name, p in self.pods(set_name).items()
                if p.metadata.deletion_timestamp is None}

    def wait_renewed(self, set_name: str, names: set[str], before: dict[str, str],
                     timeout: float = 180) -> None:
        """Until each of these pods is another one than before, and none of them is missing."""
        def renewed() -> bool:
            uids = self.uids(set_name)
            return all(n in uids and uids[n] != before[n] for n in names)
        wait_until(f"{sorted(names)} of {set_name} are made anew", renewed, timeout)

    def wait_ready(self, set_name: str, names: set[str], timeout: float = 180) -> dict[str, Any]:
        def ready():
            pods = self.pods(set_name)
            if set(pods) != names:
                return None
            return pods if all(is_ready(p) for p in pods.values()) else None
        return wait_until(f"exactly the pods {sorted(names)} of {set_name} Ready", ready, timeout)

    def events(self, set_name: str) -> list[tuple[str, str]]:
        """(reason, message) of every event about the set, oldest first."""
        listed = self.cluster.core.list_namespaced_event(
            self.name, field_selector=f"involvedObject.kind=LeaderWorkerSet,"
                                      f"involvedObject.name={set_name}")
        return [(e.reason, e.message) for e in
                sorted(listed.items, key=lambda e: e.metadata.creation_timestamp)]

    def revision_keys(self, set_name: str) -> list[str]:
        """Of the set's own revisions: those of its StatefulSets carry its labels too."""
        listed = self.cluster.apps.list_namespaced_controller_revision(
            self.name, label_selector=f"{PREFIX}name={set_name}")
        return [r.metadata.labels[PREFIX + "template-revision-hash"] for r in listed.items
                if (r.metadata.owner_references or [])
                and r.metadata.owner_references[0].kind == "LeaderWorkerSet"]

    def exec(self, pod: str, *command: str, container: str = "main", check: bool = True) -> str:
        return kubectl("-n", self.name, "exec", pod, "-c", container, "--", *command,
                       check=check).stdout


def is_ready(pod: Any) -> bool:
    if pod.metadata.deletion_timestamp is not None or pod.status.phase != "Running":
        return False
    return any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or [])


def group_names(set_name: str, replicas: int, size: int) -> set[str]:
    names = set()
    for group in range(replicas):
        names.add(f"{set_name}-{group}")
        names.update(f"{set_name}-{group}-{worker}" for worker in range(1, size))
    return names
