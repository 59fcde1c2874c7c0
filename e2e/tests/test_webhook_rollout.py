# SPDX-License-Identifier: Apache-2.0
"""A rolling restart of the webhook under load: no create may notice it."""

import json
import subprocess
import threading
import time
from collections.abc import Callable

import kubernetes
from harness import PREFIX, kubectl, make_set, wait_until

SYSTEM = "lws-system"
WEBHOOK = "app.kubernetes.io/component=webhook"
# A draining pod lives until the API server has dropped or used each connection it keeps, at most
# 95 s; the kubelet would end it after 120 s.
OLD_PODS_GONE = 115
GROUP, VERSION, PLURAL = "leaderworkerset.x-k8s.io", "v1", "leaderworkersets"


class Load:
    """Threads that create one object after the other, and keep what went wrong."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.failures: list[str] = []
        self.done: dict[str, int] = {}
        self.slowest = 0.0
        self.lock = threading.Lock()
        self.threads: list[threading.Thread] = []

    def add(self, what: str, create: Callable[[int], None]) -> None:
        def run() -> None:
            number = 0
            while not self.over.is_set():
                begin = time.monotonic()
                failure = None
                try:
                    create(number)
                except (kubernetes.client.ApiException, subprocess.CalledProcessError,
                        AssertionError) as e:
                    failure = f"{what} {number}: {getattr(e, 'stderr', None) or e}"
                number += 1
                with self.lock:
                    self.done[what] = self.done.get(what, 0) + 1
                    self.slowest = max(self.slowest, time.monotonic() - begin)
                    if failure:
                        self.failures.append(failure)
        self.threads.append(threading.Thread(target=run, daemon=True))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(60)

    def total(self) -> int:
        with self.lock:
            return sum(self.done.values())


def a_pod(name: str) -> dict:
    """A leader of a set that is not there: the webhook is asked, and nobody schedules it."""
    return {
        "metadata": {"name": name, "labels": {PREFIX + "name": "x", PREFIX + "worker-index": "0"},
                     "annotations": {PREFIX + "size": "2"}},
        "spec": {"schedulerName": "nobody",
                 "containers": [{"name": "c", "image": "registry.local/none:1"}]},
    }


def webhook_pods(core) -> dict[str, object]:
    return {p.metadata.uid: p
            for p in core.list_namespaced_pod(SYSTEM, label_selector=WEBHOOK).items}


def make_load(namespace) -> Load:
    core, custom = namespace.cluster.core, namespace.cluster.custom
    load = Load()

    def set_with_kubectl(number: int) -> None:
        body = make_set(f"by-kubectl-{number}", replicas=0)
        kubectl("-n", namespace.name, "create", "-f", "-", stdin=json.dumps(body))

    def set_dry(number: int) -> None:
        made = custom.create_namespaced_custom_object(
            GROUP, VERSION, namespace.name, PLURAL, make_set(f"dry-{number}"), dry_run="All")
        assert made["spec"]["networkConfig"] == {"subdomainPolicy": "Shared"}

    def pod(number: int) -> None:
        made = core.create_namespaced_pod(namespace.name, a_pod(f"x-{number}"))
        assert made.metadata.labels[PREFIX + "group-index"] == str(number)
        core.delete_namespaced_pod(made.metadata.name, namespace.name, grace_period_seconds=0)

    load.add("set with kubectl", set_with_kubectl)
    load.add("set, dry run", set_dry)
    load.add("pod", pod)
    # One after the other would always meet the same of the connections that the API server keeps.
    for _ in range(3):
        load.add("set, dry run", set_dry)
    return load


def test_no_create_fails_while_the_webhook_is_restarted(namespace):
    core = namespace.cluster.core
    wait_until("the service account",
               lambda: core.read_namespaced_service_account("default", namespace.name))
    old = set(webhook_pods(core))
    assert len(old) == 2
    with make_load(namespace) as load:
        wait_until("the load flows", lambda: load.total() > 100)
        kubectl("-n", SYSTEM, "rollout", "restart", "deployment/lws-webhook")
        kubectl("-n", SYSTEM, "rollout", "status", "deployment/lws-webhook", "--timeout=120s",
                timeout=150)
        rolled = load.total()
        begin = time.monotonic()
        wait_until("the old pods ended by themselves",
                   lambda: not old & set(webhook_pods(core)), timeout=OLD_PODS_GONE, every=1)
        print(f"old pods were gone {time.monotonic() - begin:.0f} s after the rollout; "
              f"creates {load.done}, the slowest {load.slowest:.2f} s")
        wait_until("the load flows on", lambda: load.total() > rolled + 100)
    assert load.failures == []
    assert min(load.done.values()) >= 20, load.done
    assert len(webhook_pods(core)) == 2
