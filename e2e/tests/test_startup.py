# SPDX-License-Identifier: Apache-2.0
"""Who waits for whom while groups start: LeaderReady, and restarts that wait for slow pods."""

from harness import IDLE, PREFIX, group_names, is_ready, make_set, template, wait_until
from recording import Recording

MARKED = {"readinessProbe": {"exec": {"command": ["test", "-f", "/tmp/marked"]},
                             "periodSeconds": 1}}


def mark(namespace, pod: str, container: str = "main") -> None:
    namespace.exec(pod, "touch", "/tmp/marked", container=container)


def set_of(name: str, policy: str, replicas: int) -> dict:
    """Its leaders are Ready once they are marked."""
    return make_set(name, replicas=replicas, startupPolicy=policy,
                    leaderWorkerTemplate={"leaderTemplate": template(IDLE, **MARKED)})


def test_leader_ready_makes_the_workers_of_each_group_when_its_leader_is_ready(namespace):
    namespace.apply(set_of("patient", "LeaderReady", 2))
    leaders = {"patient-0", "patient-1"}

    def phases() -> dict[str, str]:
        return {n: p.status.phase for n, p in namespace.pods("patient").items()}
    wait_until("both leaders run", lambda: phases() == dict.fromkeys(leaders, "Running"))
    # A group that waits for nothing comes later and has workers: ours were looked at by then.
    namespace.apply(set_of("eager", "LeaderCreated", 1))
    wait_until("a worker of a leader that is not ready",
               lambda: namespace.pods("eager").keys() == group_names("eager", 1, 2))
    assert not is_ready(namespace.pods("eager")["eager-0"])
    assert namespace.pods("patient").keys() == leaders

    mark(namespace, "patient-1")
    wait_until("workers of the group whose leader is ready",
               lambda: "patient-1-1" in namespace.pods("patient"))
    first = namespace.pods("patient")["patient-1"]
    assert is_ready(first) and "patient-0-1" not in namespace.pods("patient")
    mark(namespace, "patient-0")
    namespace.wait_ready("patient", group_names("patient", 2, 2))
    namespace.wait_available("patient")


# A group of three of which worker 2 is Pending until it is marked, as while it loads a model.
SLOW = {"name": "load", "image": template(IDLE)["spec"]["containers"][0]["image"],
        "command": ["sh", "-c", "trap 'exit 0' TERM; [ $LWS_WORKER_INDEX != 2 ] || "
                                "until [ -f /tmp/marked ]; do sleep 1 & wait $!; done"]}


def slow_set(name: str, policy: str, **annotations: str) -> dict:
    pod = template(IDLE)
    pod["spec"]["initContainers"] = [SLOW]
    return make_set(name, replicas=1, size=3,
                    metadata={"annotations": annotations},
                    leaderWorkerTemplate={"restartPolicy": policy, "workerTemplate": pod})


def wait_loading(namespace, name: str, but_leader: str = "") -> dict[str, str]:
    """Until all of the group but worker 2 is Ready, and that one can be marked; the UIDs."""
    def loading():
        pods = namespace.pods(name)
        if pods.keys() != group_names(name, 1, 3) or pods[f"{name}-0"].metadata.uid == but_leader:
            return None
        slow = pods[f"{name}-0-2"]
        started = [s for s in slow.status.init_container_statuses or []
                   if s.state.running is not None]
        others = [p for n, p in pods.items() if n != f"{name}-0-2"]
        return (slow.metadata.deletion_timestamp is None and started and all(map(is_ready, others))
                and {n: p.metadata.uid for n, p in pods.items()})
    return wait_until(f"group {name} waits for its worker 2", loading, timeout=180)


def restart_worker_1(namespace, name: str) -> None:
    namespace.exec(f"{name}-0-1", "kill", "1", check=False)


def test_after_start_a_failed_group_is_recreated_once_all_of_its_pods_have_started(namespace):
    key = PREFIX + "experimental-recreate-group-after-start"
    waiting = {
        "by-policy": slow_set("by-policy", "RecreateGroupAfterStart"),
        "by-annotation": slow_set("by-annotation", "RecreateGroupOnPodRestart", **{key: ""}),
    }
    hasty = slow_set("hasty", "RecreateGroupOnPodRestart")
    for body in (*waiting.values(), hasty):
        namespace.apply(body)
    before = {name: wait_loading(namespace, name) for name in (*waiting, "hasty")}
    with Recording(namespace) as recording:
        for name in waiting:
            restart_worker_1(namespace, name)
            wait_until("the container was restarted", lambda n=name: namespace.pods(n)[
                f"{n}-0-1"].status.container_statuses[0].restart_count == 1)
        # One that need not wait goes at once: the others were looked at by then.
        restart_worker_1(namespace, "hasty")
        wait_until("the hasty group is recreated", lambda: namespace.uids("hasty").get(
            "hasty-0", before["hasty"]["hasty-0"]) != before["hasty"]["hasty-0"])
        for name in waiting:
            assert namespace.uids(name) == before[name], f"{name} did not wait for worker 2"
            mark(namespace, f"{name}-0-2", container="load")
        for name in waiting:
            wait_loading(namespace, name, but_leader=before[name][f"{name}-0"])
            mark(namespace, f"{name}-0-2", container="load")
            namespace.wait_ready(name, group_names(name, 1, 3))
            namespace.wait_available(name)
    for name in waiting:
        leaders = {c.object["metadata"]["uid"] for c in recording.of("pods", f"{name}-0")}
        assert len(leaders) == 2, f"{name}: recreated {len(leaders) - 1} times"
        notes = [note for reason, note in namespace.events(name) if reason == "RecreateGroup"]
        assert notes == [f"Worker pod {name}-0-1 failed, deleted leader pod {name}-0 to recreate "
                         "group 0"]
