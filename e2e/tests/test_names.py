# SPDX-License-Identifier: Apache-2.0
"""Objects of others under the names that a set wants: told, never written."""

import pytest
from failures import condition_of, metrics
from harness import IDLE, PREFIX, group_names, kubectl, make_set, on_kwok, template, wait_until

IMAGELESS = {"selector": {"matchLabels": {"app": "foreign"}}, "serviceName": "", "replicas": 0,
             "template": {"metadata": {"labels": {"app": "foreign"}},
                          "spec": {"containers": [{"name": "main", "image": "none:1"}]}}}


def on_nothing(name: str, replicas: int = 1) -> dict:
    return make_set(name, replicas=replicas,
                    leaderWorkerTemplate={"workerTemplate": on_kwok(template(IDLE))})


def conflict(namespace, name: str) -> tuple[str, str]:
    found = condition_of(namespace, name, "NameConflict")
    return found.get("status", ""), found.get("message", "")


def wait_conflict(namespace, name: str, status: str = "True") -> str:
    wait_until(f"NameConflict of {name} is {status}",
               lambda: conflict(namespace, name)[0] == status)
    return conflict(namespace, name)[1]


@pytest.fixture
def no_conflict_before():
    before = metrics()["lws_name_conflicts"]
    yield before


def test_a_foreign_stateful_set_of_the_set_s_name_is_told_and_never_written(
        namespace, no_conflict_before):
    apps = namespace.cluster.apps
    foreign = apps.create_namespaced_stateful_set(
        namespace.name, {"metadata": {"name": "taken"}, "spec": IMAGELESS})
    wait_until("its controller has seen it", lambda: apps.read_namespaced_stateful_set(
        "taken", namespace.name).status.observed_generation == 1)
    namespace.apply(on_nothing("taken"))
    assert "StatefulSet" in wait_conflict(namespace, "taken")
    assert any(reason == "FailedUpdate" for reason, _ in namespace.events("taken"))
    wait_until("the metric counts it",
               lambda: metrics()["lws_name_conflicts"] > no_conflict_before)
    left = apps.read_namespaced_stateful_set("taken", namespace.name)
    assert left.metadata.uid == foreign.metadata.uid
    assert left.metadata.generation == 1 and PREFIX + "name" not in (left.metadata.labels or {})
    # Once it is gone, any change of the set brings it on; by itself it looks again in a minute.
    kubectl("-n", namespace.name, "delete", "statefulset", "taken")
    kubectl("-n", namespace.name, "annotate", "lws/taken", "example.com/look=again")
    namespace.wait_ready("taken", group_names("taken", 1, 2))
    wait_conflict(namespace, "taken", "False")


def test_a_foreign_service_of_the_set_s_name_is_told_and_stops_nothing(namespace):
    core = namespace.cluster.core
    made = core.create_namespaced_service(namespace.name, {
        "metadata": {"name": "served"}, "spec": {"clusterIP": "None", "selector": {"app": "x"}}})
    namespace.apply(on_nothing("served"))
    namespace.wait_available("served")
    assert any(reason == "FailedCreate" and "served" in note
               for reason, note in namespace.events("served"))
    left = core.read_namespaced_service("served", namespace.name)
    assert (left.metadata.uid, left.spec.selector) == (made.metadata.uid, {"app": "x"})


def test_sets_a_and_a_0_side_by_side_are_told_on_both(namespace):
    namespace.apply(on_nothing("a"))
    namespace.wait_ready("a", group_names("a", 1, 2))
    before = namespace.uids("a")
    namespace.apply(on_nothing("a-0"))
    for name in ("a", "a-0"):
        message = wait_conflict(namespace, name)
        assert "a-0" in message, message
    assert any(reason in ("NameConflict", "FailedUpdate") for reason, _ in namespace.events("a-0"))
    assert namespace.uids("a") == before
    kubectl("-n", namespace.name, "delete", "lws", "a-0")
    wait_conflict(namespace, "a", "False")
    assert namespace.uids("a") == before
