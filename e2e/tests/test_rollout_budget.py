# SPDX-License-Identifier: Apache-2.0
"""Rollouts within maxUnavailable, maxSurge and partition, judged at every change of their objects."""

from dataclasses import dataclass

from harness import PREFIX, changed, group_names, make_set, on_kwok, rolling, template, wait_until
from recording import (
    Recording,
    check_conditions,
    check_notes,
    check_partition_falls,
    serving,
    steps,
)

# Leaders are ready at once and their workers some time later, so that the StatefulSet controller,
# which sees leaders alone, would go on before the group is whole.
SLOW_WORKERS = ("[ $LWS_WORKER_INDEX = 0 ] || sleep 3; touch /tmp/ready; "
                "while true; do sleep 1 & wait $!; done")


def with_slow_workers(command: str = SLOW_WORKERS) -> dict:
    return template(command, readinessProbe={"exec": {"command": ["test", "-f", "/tmp/ready"]},
                                             "periodSeconds": 1})


@dataclass(frozen=True)
class Rollout:
    replicas: int
    max_unavailable: int | str
    max_surge: int | str
    # Groups that may be down, and that are up beyond replicas at the most: no more than have to be
    # beside those that may be down.
    unavailable: int
    surge: int
    worker: dict


ROLLOUTS = {
    "two-down": Rollout(4, 2, 0, 2, 0, with_slow_workers()),
    "one-more": Rollout(2, 0, 1, 0, 1, with_slow_workers()),
    "percents": Rollout(4, "30%", "30%", 1, 2, on_kwok(template("true"))),
    "half": Rollout(5, "50%", 0, 2, 0, on_kwok(template("true"))),
    "surge-of-all": Rollout(3, 1, "100%", 1, 2, on_kwok(template("true"))),
}


def body_of(name: str, rollout: Rollout) -> dict:
    return make_set(name, replicas=rollout.replicas,
                    leaderWorkerTemplate={"workerTemplate": rollout.worker},
                    rolloutStrategy=rolling(maxUnavailable=rollout.max_unavailable,
                                            maxSurge=rollout.max_surge))


def keys_of(pods: dict) -> set[str]:
    return {pod.metadata.labels[PREFIX + "template-revision-hash"] for pod in pods.values()}


def wait_rolled(namespace, name: str, replicas: int, before: dict[str, str]) -> None:
    names = group_names(name, replicas, 2)
    namespace.wait_renewed(name, names, before, timeout=300)
    namespace.wait_ready(name, names, timeout=120)
    namespace.wait_available(name)


def check_rollout(namespace, recording: Recording, name: str, rollout: Rollout) -> None:
    groups = list(serving(recording.pods_of(name), name, 2))
    assert len(groups) > rollout.replicas, "the watch saw no rollout, so it proves nothing"
    least = min(map(len, groups))
    floor = rollout.replicas - rollout.unavailable
    assert least >= floor, f"{name}: only {least} groups served, {floor} must"
    history = steps(recording.of("statefulsets", name))
    check_partition_falls(history)
    assert max(step.replicas for step in history) == rollout.replicas + rollout.surge
    assert min(step.replicas for step in history) == rollout.replicas
    assert history[-1].partition == 0 and history[-1].replicas == rollout.replicas
    check_conditions(recording.of("sets", name))
    check_notes(namespace, name, history)


def test_rollouts_keep_their_budget_at_every_change(namespace):
    for name, rollout in ROLLOUTS.items():
        namespace.apply(body_of(name, rollout))
    for name, rollout in ROLLOUTS.items():
        namespace.wait_ready(name, group_names(name, rollout.replicas, 2), timeout=180)
        namespace.wait_available(name)
    before = {name: namespace.uids(name) for name in ROLLOUTS}
    with Recording(namespace) as recording:
        for name, rollout in ROLLOUTS.items():
            namespace.apply(changed(body_of(name, rollout)))
        for name, rollout in ROLLOUTS.items():
            wait_rolled(namespace, name, rollout.replicas, before[name])
    for name, rollout in ROLLOUTS.items():
        check_rollout(namespace, recording, name, rollout)
        status = namespace.get_set(name)["status"]
        assert status["updatedReplicas"] == status["replicas"] == rollout.replicas
        wait_until(f"the old revision of {name} is truncated",
                   lambda n=name: len(namespace.revision_keys(n)) == 1)
    # The budget is not only kept but used.
    slow = serving(recording.pods_of("two-down"), "two-down", 2)
    assert min(map(len, slow)) == 2, "two groups were never down at once"


def test_a_partition_keeps_the_groups_below_it_and_moves_on_when_it_is_lowered(namespace):
    def body(partition: int) -> dict:
        return make_set("canary", replicas=4, rolloutStrategy=rolling(partition=partition),
                        leaderWorkerTemplate={"workerTemplate": on_kwok(template("true"))})
    namespace.apply(body(2))
    names = group_names("canary", 4, 2)
    namespace.wait_ready("canary", names)
    namespace.wait_available("canary")
    before = namespace.uids("canary")
    held = group_names("canary", 2, 2)
    with Recording(namespace) as recording:
        namespace.apply(changed(body(2)))
        namespace.wait_renewed("canary", names - held, before)
        namespace.wait_ready("canary", names)
        namespace.wait_available("canary")
        pods = namespace.pods("canary")
        old, new = (keys_of({n: pods[n] for n in part}) for part in (held, names - held))
        assert len(old) == len(new) == 1 and old != new
        assert {n: namespace.uids("canary")[n] for n in held} == {n: before[n] for n in held}
        assert set(namespace.revision_keys("canary")) == old | new
        assert namespace.get_set("canary")["status"]["updatedReplicas"] == 2
        half = steps(recording.of("statefulsets", "canary"))
        namespace.apply(changed(body(0)))
        wait_rolled(namespace, "canary", 4, before)
    assert min(step.partition for step in half) == 2
    history = steps(recording.of("statefulsets", "canary"))
    check_partition_falls(history)
    assert history[-1].partition == 0
    assert min(map(len, serving(recording.pods_of("canary"), "canary", 2))) == 3
    check_conditions(recording.of("sets", "canary"))
    check_notes(namespace, "canary", history)
    wait_until("the old revision is truncated",
               lambda: set(namespace.revision_keys("canary")) == new)
