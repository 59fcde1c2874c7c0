# SPDX-License-Identifier: Apache-2.0
"""How the pods of a group go: bounded, together, one after the other, or not at all."""

import uuid

import pytest
from failures import Writes, condition_of, delete_pod, kill_container, metrics, own_nodes
from harness import IDLE, PREFIX, group_names, kubectl, make_set, on_kwok, template, wait_until
from recording import Recording

STUBBORN = "trap '' TERM; while true; do sleep 1 & wait $!; done"
# Serves on for three seconds after it was asked to end.
DRAINING = "trap 'sleep 3; exit 0' TERM; while true; do sleep 1 & wait $!; done"


def patient(command: str, grace: int) -> dict:
    """A template whose pods may take that long to end."""
    made = template(command)
    made["spec"]["terminationGracePeriodSeconds"] = grace
    return made


def annotated(body: dict, key: str, value: str) -> dict:
    body["metadata"]["annotations"] = {PREFIX + key: value}
    return body


@pytest.fixture(scope="module", autouse=True)
def lost(cluster, shared_namespace):
    """A group of which one pod is on a node where nobody ends it. It is asked to end here, and told
    as stuck a minute later, after the other tests."""
    space, pool = shared_namespace, f"lost-{uuid.uuid4().hex[:6]}"
    silent = on_kwok(patient(IDLE, 1), type=pool)
    silent["spec"]["tolerations"] = [{"operator": "Exists"}]

    def without_kwok(node: dict) -> None:
        del node["metadata"]["annotations"]
    with own_nodes(cluster, pool, 1, without_kwok):
        space.apply(make_set("lost", replicas=1, leaderWorkerTemplate={
            "leaderTemplate": on_kwok(template(IDLE)), "workerTemplate": silent}))
        wait_until("the worker is on its node", lambda: (
            "lost-0-1" in space.pods("lost") and space.pods("lost")["lost-0-1"].spec.node_name))
        delete_pod(space, "lost-0-1")
        yield f"{pool}-0"
        kubectl("-n", space.name, "delete", "pod", "lost-0-1", "--force", check=False)


def test_a_failed_group_ends_within_the_restart_grace_period(namespace):
    body = make_set("bounded", replicas=1, size=3,
                    leaderWorkerTemplate={"workerTemplate": patient(STUBBORN, 120)})
    namespace.apply(annotated(body, "restart-grace-period-seconds", "1"))
    names = group_names("bounded", 1, 3)
    pods = namespace.wait_ready("bounded", names)
    before = {name: p.metadata.uid for name, p in pods.items()}
    writes = Writes(namespace.name)
    with Recording(namespace) as recording:
        kill_container(namespace, "bounded-0-1")
        namespace.wait_renewed("bounded", names, before, timeout=60)
        namespace.wait_ready("bounded", names)
    graces = {c.name: c.object["metadata"]["deletionGracePeriodSeconds"]
              for c in recording.pods_of("bounded") if "deletionTimestamp" in c.object["metadata"]
              and c.object["metadata"]["deletionGracePeriodSeconds"] > 0}
    assert graces == {name: 1 for name in names}
    made = writes.of_controller()
    assert made.count(("delete", "pods", "bounded-0")) == 1
    assert made.count(("delete", "statefulsets", "bounded-0")) == 1
    assert writes.creations("bounded-0") == 1


def workers_leave_before_leader(namespace, name: str, policy: str | None) -> bool:
    """A healthy group goes, as its set is scaled down: is a worker asked to end, while the leader,
    which drains, is still there?"""
    body = make_set(name, replicas=1, leaderWorkerTemplate={
        "leaderTemplate": patient(DRAINING, 30), "workerTemplate": template(IDLE)})
    namespace.apply(annotated(body, "pod-termination-policy", policy) if policy else body)
    namespace.wait_ready(name, group_names(name, 1, 2))
    with Recording(namespace) as recording:
        kubectl("-n", namespace.name, "scale", f"lws/{name}", "--replicas=0")
        wait_until("all pods are gone", lambda: not namespace.pods(name))
    changes = recording.pods_of(name)
    worker = next(i for i, c in enumerate(changes) if c.name == f"{name}-0-1"
                  and "deletionTimestamp" in c.object["metadata"])
    leader = next(i for i, c in enumerate(changes) if c.name == f"{name}-0" and c.type == "DELETED")
    return worker < leader


def test_workers_of_a_healthy_group_serve_until_their_leader_has_drained(namespace):
    assert not workers_leave_before_leader(namespace, "serial", None)


def test_workers_go_together_with_a_healthy_leader_where_the_set_asks_for_it(namespace):
    assert workers_leave_before_leader(namespace, "parallel", "Parallel")


def test_a_pod_that_hangs_in_termination_is_told_by_name_and_left_alone(shared_namespace, lost):
    space = shared_namespace

    def told() -> list[str]:
        return [note for reason, note in space.events("lost") if reason == "PodStuckTerminating"]
    notes = wait_until("the pod is told", told, timeout=90)
    assert len(notes) == 1 and "Pod lost-0-1 of group 0" in notes[0] and lost in notes[0]
    message = f"pod lost-0-1 is stuck in termination on node {lost}"
    wait_until("the condition says so",
               lambda: message in condition_of(space, "lost", "Progressing").get("message", ""))
    assert metrics()["lws_stuck_pods"] >= 1
    assert space.pods("lost")["lost-0-1"].metadata.deletion_timestamp is not None
    # An operator knows better than we do that its processes have ended.
    stuck = space.pods("lost")["lost-0-1"].metadata.uid
    kubectl("-n", space.name, "delete", "pod", "lost-0-1", "--force")
    wait_until("the group has a new worker", lambda: (
        "lost-0-1" in space.pods("lost") and space.pods("lost")["lost-0-1"].metadata.uid != stuck))
    wait_until("the condition says no more", lambda: (
        "stuck" not in condition_of(space, "lost", "Progressing").get("message", "stuck")))
