# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to a member of a group, the group is made anew exactly once.

The groups fail all at the same time, each by its own cause; the tests judge them afterwards, when
nothing has been written for a while: a second, wrong recreation would have shown.
"""

import time
import uuid

import pytest
from failures import (
    Writes,
    delete_by_force,
    delete_pod,
    kill_container,
    no_controller,
    own_nodes,
    remembered,
)
from harness import IDLE, group_names, kubectl, make_set, on_kwok, template, wait_until

SIZE = 3
QUIET = 6.0  # what is remembered of a group is written up to 5 s after it changed


def one_group(name: str, pod_template: dict, **more) -> dict:
    return make_set(name, replicas=1, size=SIZE, leaderWorkerTemplate={
        "workerTemplate": pod_template, **more})


def spread_over(pool: str) -> dict:
    """Each pod on a node of its own, of this pool."""
    made = on_kwok(template(IDLE, labels={"spread": pool}), type=pool)
    made["spec"]["affinity"] = {"podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [{
            "labelSelector": {"matchLabels": {"spread": pool}},
            "topologyKey": "kubernetes.io/hostname"}]}}
    return made


def drain_node_of(space, pod: str) -> None:
    node = space.pods("drained")[pod].spec.node_name
    kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=60s", timeout=90)


def delete_workers(space, leader: str) -> None:
    kubectl("-n", space.name, "delete", "statefulset", leader, "--wait=false")


FAILURES = {
    "killed": lambda space: kill_container(space, "killed-0-2"),
    "deleted": lambda space: delete_pod(space, "deleted-0-1"),
    "leaderless": lambda space: delete_pod(space, "leaderless-0"),
    "forced": lambda space: delete_by_force(space, "forced-0-2"),
    "unmade": lambda space: delete_workers(space, "unmade-0"),
    "drained": lambda space: drain_node_of(space, "drained-0-1"),
}


class Scene:
    """The sets of FAILURES, one group each, before and after."""

    def __init__(self, space, writes: Writes) -> None:
        self.space, self.writes = space, writes
        self.before = {name: space.uids(name) for name in FAILURES}

    def wait_renewed(self) -> None:
        for name, before in self.before.items():
            self.space.wait_renewed(name, group_names(name, 1, SIZE), before, timeout=90)

    def check(self, name: str, deletions: int, failed: str | None = None) -> None:
        """Another leader once, by our doing or not, and the event that says so."""
        assert self.writes.creations(f"{name}-0") == 1
        assert self.writes.deletions(f"{name}-0") == deletions
        notes = [note for reason, note in self.space.events(name) if reason == "RecreateGroup"]
        assert notes == ([] if failed is None else [
            f"Worker pod {failed} failed, deleted leader pod {name}-0 to recreate group 0"])


@pytest.fixture(scope="module")
def scene(cluster, shared_namespace):
    space, pool = shared_namespace, f"drain-{uuid.uuid4().hex[:6]}"
    with own_nodes(cluster, pool, SIZE + 1):
        for name in FAILURES:
            space.apply(one_group(name, spread_over(pool) if name == "drained" else template(IDLE)))
        for name in FAILURES:
            space.wait_ready(name, group_names(name, 1, SIZE))
        wait_until("the controller knows all members",
                   lambda: all(remembered(space, name) for name in FAILURES))
        made = Scene(space, Writes(space.name))
        for fail in FAILURES.values():
            fail(space)
        made.wait_renewed()
        time.sleep(QUIET)
        made.wait_renewed()
        yield made


def test_a_killed_container_recreates_its_group_once(scene):
    scene.check("killed", 1, "killed-0-2")


def test_a_deleted_worker_recreates_its_group_once(scene):
    scene.check("deleted", 1, "deleted-0-1")


def test_a_deleted_leader_makes_its_group_anew_and_is_not_deleted_again(scene):
    scene.check("leaderless", 0)


def test_a_worker_deleted_by_force_recreates_its_group_once(scene):
    scene.check("forced", 1, "forced-0-2")


def test_a_deleted_worker_stateful_set_recreates_its_group_once(scene):
    notes = [note for reason, note in scene.space.events("unmade") if reason == "RecreateGroup"]
    assert len(notes) == 1
    scene.check("unmade", 1, notes[0].split()[2])


def test_a_drained_node_recreates_its_group_once(scene):
    scene.check("drained", 1, "drained-0-1")


def test_a_worker_replaced_while_the_controller_was_down_recreates_its_group_once(namespace):
    namespace.apply(one_group("unwatched", on_kwok(template(IDLE))))
    names = group_names("unwatched", 1, SIZE)
    namespace.wait_ready("unwatched", names)
    wait_until("the controller knows all members", lambda: remembered(namespace, "unwatched"))
    before = namespace.uids("unwatched")
    writes = Writes(namespace.name)
    with no_controller():
        delete_by_force(namespace, "unwatched-0-1")
        wait_until("another worker of the name is Ready", lambda: (
            namespace.wait_ready("unwatched", names)["unwatched-0-1"].metadata.uid
            != before["unwatched-0-1"]))
        replaced = namespace.uids("unwatched")
        assert replaced["unwatched-0"] == before["unwatched-0"]
        assert writes.of_controller() == []
    namespace.wait_renewed("unwatched", names, replaced)
    time.sleep(QUIET)
    assert writes.creations("unwatched-0") == writes.deletions("unwatched-0") == 1
