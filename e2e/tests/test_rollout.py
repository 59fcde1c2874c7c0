# SPDX-License-Identifier: Apache-2.0
"""Rolling updates group by group, watched from begin to end, and with the controller killed."""

import os
import pathlib
import random
import signal
import threading
import time

import kubernetes
from harness import PREFIX, changed, group_names, is_ready, make_set, wait_until


class GroupWatcher(threading.Thread):
    """Follows the pods of a set by watch and keeps the most groups ever seen unavailable."""

    def __init__(self, namespace, set_name: str, replicas: int, size: int) -> None:
        super().__init__(daemon=True)
        self.namespace, self.set_name = namespace, set_name
        self.groups = {str(g): {n for n in group_names(set_name, replicas, size)
                                if n.split("-")[1] == str(g)} for g in range(replicas)}
        self.ready: dict[str, bool] = {}
        self.worst: set[str] = set()
        self.looks = 0
        self.listed = threading.Event()
        self.failure: Exception | None = None
        self.watch = kubernetes.watch.Watch()

    def run(self) -> None:
        try:
            listed = self.namespace.cluster.core.list_namespaced_pod(
                self.namespace.name, label_selector=f"{PREFIX}name={self.set_name}")
            for pod in listed.items:
                self.ready[pod.metadata.name] = is_ready(pod)
            self.listed.set()
            for event in self.watch.stream(
                    self.namespace.cluster.core.list_namespaced_pod, self.namespace.name,
                    label_selector=f"{PREFIX}name={self.set_name}",
                    resource_version=listed.metadata.resource_version, timeout_seconds=600):
                pod = event["object"]
                self.ready[pod.metadata.name] = event["type"] != "DELETED" and is_ready(pod)
                self.look()
        except Exception as e:  # noqa: BLE001: a thread must hand its failure to the test
            self.failure = e

    def look(self) -> None:
        self.looks += 1
        down = {g for g, names in self.groups.items()
                if not all(self.ready.get(n, False) for n in names)}
        if len(down) > len(self.worst):
            self.worst = down

    def begin(self) -> None:
        self.start()
        assert self.listed.wait(30), f"no list of the pods within 30 s: {self.failure}"

    def finish(self) -> None:
        """For a set that is ready again. A watch that ended before now proves nothing."""
        names = set().union(*self.groups.values())
        wait_until("the watch has seen the end of the rollout",
                   lambda: not self.is_alive() or all(self.ready.get(n) for n in names))
        assert self.is_alive(), f"the watch ended early: {self.failure}"
        assert self.looks > 0, "the watch saw nothing, so it proves nothing"
        # stop() breaks the connection under the reader, which may well complain of that.
        self.watch.stop()
        self.join(10)


def rolled(namespace, name: str, names: set[str], old: dict[str, str]):
    def done() -> bool:
        pods = namespace.pods(name)
        return (set(pods) == names and all(is_ready(p) for p in pods.values())
                and all(p.metadata.uid != old[n] for n, p in pods.items())
                and len({p.metadata.labels[PREFIX + "template-revision-hash"]
                         for p in pods.values()}) == 1)
    return done


def test_a_template_change_rolls_with_never_more_than_one_group_unavailable(namespace):
    body = make_set("rolling", replicas=4, size=2)
    namespace.apply(body)
    names = group_names("rolling", 4, 2)
    namespace.wait_ready("rolling", names)
    namespace.wait_available("rolling")
    before = namespace.uids("rolling")
    watcher = GroupWatcher(namespace, "rolling", 4, 2)
    watcher.begin()
    namespace.apply(changed(body))
    wait_until("every pod new and ready", rolled(namespace, "rolling", names, before), timeout=300)
    namespace.wait_available("rolling")
    watcher.finish()
    assert len(watcher.worst) == 1, f"groups {sorted(watcher.worst)} were down at once"
    assert namespace.get_set("rolling")["status"]["updatedReplicas"] == 4
    wait_until("the old revision is truncated",
               lambda: len(namespace.revision_keys("rolling")) == 1)


def controller_pids() -> list[int]:
    """PIDs of lws-controller in pods, seen from the machine: the kubelet restarts what is killed.
    Others, beside control planes of other tests, are not in a cgroup of the cluster."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (os.readlink(entry / "exe").endswith("/lws-controller")
                        and "/lws-cluster/" in (entry / "cgroup").read_text(encoding="ascii")):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_a_controller_killed_during_a_rollout_finishes_it_after_its_restart(namespace):
    body = make_set("orphaned", replicas=3, size=2)
    namespace.apply(body)
    names = group_names("orphaned", 3, 2)
    namespace.wait_ready("orphaned", names)
    namespace.wait_available("orphaned")
    before = namespace.uids("orphaned")
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    namespace.apply(changed(body))
    kills = 0
    for _ in range(3):
        time.sleep(chance.uniform(0.1, 2.0))
        for pid in wait_until("a controller runs", controller_pids, timeout=60):
            os.kill(pid, signal.SIGKILL)
            kills += 1
    assert kills >= 3
    wait_until("every pod new and ready", rolled(namespace, "orphaned", names, before), timeout=300)
    namespace.wait_available("orphaned")
