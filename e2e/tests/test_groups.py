# SPDX-License-Identifier: Apache-2.0
"""Groups live and die as one: restart, scale, deletion."""

import time

from harness import PREFIX, group_names, kubectl, make_set, wait_until


def kill_main_process(namespace, pod: str) -> None:
    # PID 1 of the container ends through its TERM trap, with status 0: the kubelet restarts it.
    namespace.exec(pod, "kill", "1", check=False)


def test_a_killed_worker_container_recreates_its_whole_group_once_and_only_that_group(namespace):
    namespace.apply(make_set("crash", replicas=2, size=3))
    names = group_names("crash", 2, 3)
    namespace.wait_ready("crash", names)
    before = namespace.uids("crash")
    seen: dict[str, set[str]] = {name: set() for name in names}

    kill_main_process(namespace, "crash-0-1")

    def recreated() -> bool:
        uids = namespace.uids("crash")
        for name, uid in uids.items():
            seen[name].add(uid)
        return all(uids.get(n) not in (None, before[n]) for n in group_names("crash", 1, 3))
    wait_until("all pods of group 0 replaced", recreated, every=0.05)
    namespace.wait_ready("crash", names)
    time.sleep(5)  # long enough for a second, wrong recreation to show
    after = namespace.uids("crash")
    for name in names:
        seen[name].add(after[name])
        if name.startswith("crash-0"):
            assert seen[name] - {before[name]} == {after[name]}, f"{name} was recreated twice"
        else:
            assert after[name] == before[name], f"{name} of the other group was touched"
    notes = [m for reason, m in namespace.events("crash") if reason == "RecreateGroup"]
    assert notes == ["Worker pod crash-0-1 failed, deleted leader pod crash-0 to recreate group 0"]


def test_a_set_scales_up_and_down(namespace):
    body = make_set("scaled", replicas=2)
    namespace.apply(body)
    namespace.wait_ready("scaled", group_names("scaled", 2, 2))
    first = namespace.uids("scaled")
    kubectl("-n", namespace.name, "scale", "lws/scaled", "--replicas=4")
    namespace.wait_ready("scaled", group_names("scaled", 4, 2))
    grown = namespace.uids("scaled")
    assert {n: grown[n] for n in first} == first
    kubectl("-n", namespace.name, "scale", "lws/scaled", "--replicas=1")
    namespace.wait_ready("scaled", group_names("scaled", 1, 2))
    assert namespace.uids("scaled") == {n: first[n] for n in group_names("scaled", 1, 2)}
    namespace.wait_available("scaled")
    status = namespace.get_set("scaled")["status"]
    assert (status["replicas"], status["readyReplicas"], status["updatedReplicas"]) == (1, 1, 1)
    assert status["hpaPodSelector"] == f"{PREFIX}name=scaled,{PREFIX}worker-index=0"


def test_deleting_a_set_leaves_nothing_that_it_owned(namespace):
    namespace.apply(make_set("gone", replicas=2, size=2))
    namespace.wait_ready("gone", group_names("gone", 2, 2))
    selector = f"{PREFIX}name=gone"
    core, apps = namespace.cluster.core, namespace.cluster.apps
    listings = {
        "pods": lambda: core.list_namespaced_pod(namespace.name, label_selector=selector),
        "services": lambda: core.list_namespaced_service(namespace.name, label_selector=selector),
        "statefulsets": lambda: apps.list_namespaced_stateful_set(
            namespace.name, label_selector=selector),
        "revisions": lambda: apps.list_namespaced_controller_revision(
            namespace.name, label_selector=selector),
    }
    for what, listing in listings.items():
        assert listing().items, f"no {what} to begin with"
    kubectl("-n", namespace.name, "delete", "lws", "gone")
    for what, listing in listings.items():
        wait_until(f"no {what} left", lambda: not listing().items)


def test_status_and_printer_columns_tell_the_story(namespace):
    namespace.apply(make_set("told", replicas=1))
    namespace.wait_available("told")
    row = kubectl("-n", namespace.name, "get", "lws", "told").stdout.splitlines()
    assert row[0].split() == ["NAME", "READY", "DESIRED", "UP-TO-DATE", "AGE"]
    assert row[1].split()[:4] == ["told", "1", "1", "1"]
    reasons = {reason for reason, _ in namespace.events("told")}
    assert {"CreatingRevision", "GroupsProgressing", "AllGroupsReady"} <= reasons
