# SPDX-License-Identifier: Apache-2.0
"""What people do in the middle of a rollout: go back, scale, change their mind; and what breaks then.

New pods of a set that is held are scheduled only when the test lets them, so that each rollout stands
still at its first group, for as long as a test needs.
"""

import contextlib
import copy

import pytest
from harness import (
    PREFIX,
    changed,
    group_names,
    is_ready,
    kubectl,
    make_set,
    on_kwok,
    template,
    wait_until,
)
from recording import (
    Recording,
    check_conditions,
    check_notes,
    check_partition_falls,
    serving,
    steps,
)

NODE = "kwok-0"


@pytest.fixture
def hold(namespace):
    """Gives a template that no node takes before `release()`."""
    core = namespace.cluster.core
    label = f"{namespace.name}/released"

    class Hold:
        @staticmethod
        def template() -> dict:
            return on_kwok(template("true"), **{label: "yes"})

        @staticmethod
        def release() -> None:
            core.patch_node(NODE, {"metadata": {"labels": {label: "yes"}}})

    yield Hold
    with contextlib.suppress(KeyError):
        core.patch_node(NODE, {"metadata": {"labels": {label: None}}})


def make(name: str, replicas: int = 3, size: int = 2) -> dict:
    return make_set(name, replicas=replicas, size=size,
                    leaderWorkerTemplate={"size": size, "workerTemplate": on_kwok(template("true"))})


def with_template(body: dict, pod_template: dict) -> dict:
    new = copy.deepcopy(body)
    new["spec"]["leaderWorkerTemplate"]["workerTemplate"] = pod_template
    return new


def start(namespace, body: dict) -> dict[str, str]:
    namespace.apply(body)
    spec, name = body["spec"], body["metadata"]["name"]
    names = group_names(name, spec["replicas"], spec["leaderWorkerTemplate"]["size"])
    namespace.wait_ready(name, names)
    namespace.wait_available(name)
    return namespace.uids(name)


def key_of(pod) -> str:
    return pod.metadata.labels[PREFIX + "template-revision-hash"]


def keys_at(namespace, set_name: str, group: int) -> set[str]:
    """Of the group's leader; nothing while there is none."""
    return {key_of(p) for n, p in namespace.pods(set_name).items() if n == f"{set_name}-{group}"}


def wait_held(namespace, set_name: str, group: int, old_uid: str, workers: int = 1) -> str:
    """Until the group waits for its release as a whole, with workers; its revision's key."""
    leader = f"{set_name}-{group}"
    names = [leader, *(f"{leader}-{w}" for w in range(1, workers + 1))]

    def held():
        pods = namespace.pods(set_name)
        waiting = [pods.get(n) for n in names]
        return (all(p is not None and p.spec.node_name is None for p in waiting)
                and waiting[0].metadata.uid != old_uid and key_of(waiting[0]))
    return wait_until(f"group {group} of {set_name} waits for a node", held)


def finish(namespace, name: str, replicas: int, size: int = 2) -> dict:
    """Until every group is there and of one revision, the set's last one, and nothing else is."""
    names = group_names(name, replicas, size)

    def done():
        pods = namespace.pods(name)
        return set(pods) == names and len({key_of(p) for p in pods.values()}) == 1
    wait_until(f"all groups of {name} are of one revision", done, timeout=180)
    pods = namespace.wait_ready(name, names)
    namespace.wait_available(name)
    key = {key_of(p) for p in pods.values()}
    wait_until(f"other revisions of {name} are truncated",
               lambda: set(namespace.revision_keys(name)) == key)
    return pods


def check(namespace, recording: Recording, name: str, least: int, size: int = 2) -> list:
    seen = min(map(len, serving(recording.pods_of(name), name, size)))
    assert seen >= least, f"{name}: only {seen} groups served, {least} must"
    history = steps(recording.of("statefulsets", name))
    check_partition_falls(history)
    check_conditions(recording.of("sets", name))
    check_notes(namespace, name, history)
    return history


def test_going_back_in_a_rollout_touches_only_the_groups_that_had_gone_on(namespace, hold):
    body = make("back")
    before = start(namespace, body)
    [old] = namespace.revision_keys("back")
    with Recording(namespace) as recording:
        namespace.apply(with_template(body, hold.template()))
        assert wait_held(namespace, "back", 2, before["back-2"]) != old
        namespace.apply(body)
        wait_until("group 2 is of the old revision again",
                   lambda: keys_at(namespace, "back", 2) == {old})
        pods = finish(namespace, "back", 3)
    assert {key_of(p) for p in pods.values()} == {old}
    untouched = group_names("back", 2, 2)
    assert {n: p.metadata.uid for n, p in pods.items() if n in untouched} == \
        {n: before[n] for n in untouched}
    history = check(namespace, recording, "back", least=2)
    assert [step.key for step in history if step.key != old], "there was no other revision"
    numbers = [r.revision for r in namespace.cluster.apps.list_namespaced_controller_revision(
        namespace.name, label_selector=f"{PREFIX}name=back,!{PREFIX}worker-index,"
                                       f"!{PREFIX}group-index").items]
    assert max(numbers) == 3, "going back is a change like any other: it has a revision of its own"


def test_another_change_in_a_rollout_is_what_every_group_ends_with(namespace, hold):
    body = make("again")
    before = start(namespace, body)
    [first] = namespace.revision_keys("again")
    with Recording(namespace) as recording:
        namespace.apply(with_template(body, hold.template()))
        second = wait_held(namespace, "again", 2, before["again-2"])
        namespace.apply(changed(body))
        wait_until("group 2 is of the third revision",
                   lambda: keys_at(namespace, "again", 2) - {second, first})
        pods = finish(namespace, "again", 3)
    history = check(namespace, recording, "again", least=2)
    assert len({step.key for step in history}) == 3
    assert {key_of(p) for p in pods.values()} == {history[-1].key}
    of_second = {c.name for c in recording.pods_of("again")
                 if c.object["metadata"]["labels"][PREFIX + "template-revision-hash"] == second}
    assert of_second == {"again-2", "again-2-1"}


def test_scaling_in_a_rollout_neither_ends_it_nor_takes_groups_beyond_the_budget(namespace, hold):
    grows, shrinks = make("grows"), make("shrinks", replicas=5)
    before = {**start(namespace, grows), **start(namespace, shrinks)}
    with Recording(namespace) as recording:
        for body in (grows, shrinks):
            namespace.apply(with_template(body, hold.template()))
        new = {name: wait_held(namespace, name, group, before[f"{name}-{group}"])
               for name, group in (("grows", 2), ("shrinks", 4))}
        kubectl("-n", namespace.name, "scale", "lws/grows", "--replicas=5")
        kubectl("-n", namespace.name, "scale", "lws/shrinks", "--replicas=2")
        for group in (3, 4):
            assert wait_held(namespace, "grows", group, "") == new["grows"], \
                "a group that is added in a rollout is of the new revision"
        wait_until("three groups are gone", lambda: set(namespace.pods("shrinks"))
                   <= group_names("shrinks", 2, 2))
        for name, group in (("grows", 1), ("shrinks", 0)):
            leader = namespace.pods(name)[f"{name}-{group}"]
            assert leader.metadata.uid == before[f"{name}-{group}"], "an old group is gone too"
        hold.release()
        finish(namespace, "grows", 5)
        finish(namespace, "shrinks", 2)
    # Of 3 groups at first, and of 2 at the end, one may be down.
    check(namespace, recording, "grows", least=2)
    check(namespace, recording, "shrinks", least=1)


def test_an_old_group_that_restarts_in_a_rollout_keeps_its_revision_and_size(namespace, hold):
    body = make("larger")
    before = start(namespace, body)
    [old] = namespace.revision_keys("larger")
    grown = with_template(body, hold.template())
    grown["spec"]["leaderWorkerTemplate"]["size"] = 3
    with Recording(namespace) as recording:
        namespace.apply(grown)
        new = wait_held(namespace, "larger", 2, before["larger-2"], workers=2)
        kubectl("-n", namespace.name, "delete", "pod", "larger-0-1")
        namespace.wait_renewed("larger", {"larger-0", "larger-0-1"}, before)
        first_two = group_names("larger", 2, 2)
        wait_until("group 0 is Ready while group 2 waits", lambda: all(
            n in first_two and is_ready(p) for n, p in namespace.pods("larger").items()
            if not n.startswith("larger-2")))
        pods = namespace.pods("larger")
        assert {key_of(pods[n]) for n in first_two} == {old}
        assert {pods[n].metadata.annotations[PREFIX + "size"] for n in first_two} == {"2"}
        assert pods["larger-1"].metadata.uid == before["larger-1"]
        half = steps(recording.of("statefulsets", "larger"))
        assert half[-1].partition == 2, "the rollout went on though its group is not ready"
        hold.release()
        pods = finish(namespace, "larger", 3, size=3)
    assert {key_of(p) for p in pods.values()} == {new}
    check_partition_falls(steps(recording.of("statefulsets", "larger")))
    notes = [note for reason, note in namespace.events("larger") if reason == "RecreateGroup"]
    assert notes == ["Worker pod larger-0-1 failed, deleted leader pod larger-0 to recreate group 0"]
