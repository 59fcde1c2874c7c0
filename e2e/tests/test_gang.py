# SPDX-License-Identifier: Apache-2.0
"""Gang scheduling: a PodGroup for each group, made for Volcano, of which only the API is here."""

import pathlib

import kubernetes
import pytest
from harness import (
    PREFIX,
    changed,
    group_names,
    kubectl,
    make_set,
    on_kwok,
    template,
    wait_until,
)
from test_webhook_rollout import OLD_PODS_GONE, SYSTEM, Load, a_pod, webhook_pods

# It changes what both programs do in every namespace, so it comes after all other tests.
pytestmark = pytest.mark.last

CRD = pathlib.Path(__file__).parent / "pod_groups.yaml"
CONFIG_MAP, KEY = "lws-manager-config", "controller_manager_config.yaml"
GANG = "gangSchedulingManagement:\n  schedulerProvider: volcano\n"
GROUP_NAME = "scheduling.k8s.io/group-name"


def configure(core, text: str) -> None:
    """Both programs read the file at their start."""
    core.patch_namespaced_config_map(CONFIG_MAP, SYSTEM, {"data": {KEY: text}})
    deployments = ["deployment/lws-webhook", "deployment/lws-controller-manager"]
    kubectl("-n", SYSTEM, "rollout", "restart", *deployments)
    for deployment in deployments:
        kubectl("-n", SYSTEM, "rollout", "status", deployment, "--timeout=240s", timeout=260)


def wait_for_the_old_webhook(core, old: set[str]) -> None:
    """Its pods answer until the API server has used each connection that it keeps to them."""
    load = Load()
    for _ in range(6):
        load.add("pod", lambda _: core.create_namespaced_pod("default", a_pod("x-0"), dry_run="All"))
    with load:
        wait_until("the old webhook has ended", lambda: not old & webhook_pods(core).keys(),
                   timeout=2 * OLD_PODS_GONE, every=1)
    assert load.failures == []


@pytest.fixture(scope="module")
def volcano(cluster):
    core = cluster.core
    before = core.read_namespaced_config_map(CONFIG_MAP, SYSTEM).data[KEY]
    kubectl("apply", "--server-side", "-f", str(CRD))
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd",
            "podgroups.scheduling.volcano.sh", timeout=70)
    old = set(webhook_pods(core))
    try:
        configure(core, before + GANG)
        wait_for_the_old_webhook(core, old)
        yield
    finally:
        configure(core, before)
        kubectl("delete", "-f", str(CRD))


def pod_groups(namespace) -> dict[str, dict]:
    listed = namespace.cluster.custom.list_namespaced_custom_object(
        "scheduling.volcano.sh", "v1beta1", namespace.name, "podgroups")
    return {p["metadata"]["name"]: p for p in listed["items"]
            if "deletionTimestamp" not in p["metadata"]}


def wait_pod_groups(namespace, name: str, groups: int) -> dict[str, dict]:
    """Until each group has the PodGroup of its present leader, and there is no other."""
    def there():
        found = pod_groups(namespace)
        owners = {p["metadata"]["ownerReferences"][0]["uid"] for p in found.values()}
        leaders = {p.metadata.annotations[GROUP_NAME]: p.metadata.uid
                   for n, p in namespace.pods(name).items() if n.count("-") == 1}
        assert len(leaders) == groups and found.keys() == leaders.keys()
        assert owners == set(leaders.values())
        return found
    return wait_until(f"a PodGroup for each group of {name}", there)


def ganged(name: str, replicas: int, size: int, **spec) -> dict:
    return make_set(name, replicas=replicas, size=size, leaderWorkerTemplate={
        "size": size, "workerTemplate": on_kwok(template("true"))}, **spec)


def test_each_group_has_the_pod_group_that_its_pods_name(namespace, volcano):
    body = ganged("gang", 2, 3, metadata={"annotations": {
        "scheduling.volcano.sh/queue-name": "gpus", "volcano.sh/kept": "yes", "other": "no"}})
    namespace.apply(body)
    names = group_names("gang", 2, 3)
    pods = namespace.wait_ready("gang", names)
    [key] = namespace.revision_keys("gang")
    for name, pod in pods.items():
        assert pod.metadata.annotations[GROUP_NAME] == f"gang-{name.split('-')[1]}-{key}"
    found = wait_pod_groups(namespace, "gang", 2)
    assert found.keys() == {f"gang-0-{key}", f"gang-1-{key}"}
    for group in range(2):
        made = found[f"gang-{group}-{key}"]
        assert made["spec"] == {"minMember": 3, "queue": "gpus",
                                "minResources": {"cpu": "15m", "memory": "24Mi"}}
        assert made["metadata"]["labels"] == {
            PREFIX + "name": "gang", PREFIX + "group-index": str(group),
            PREFIX + "template-revision-hash": key}
        assert made["metadata"]["annotations"] == {"volcano.sh/kept": "yes"}
        [owner] = made["metadata"]["ownerReferences"]
        assert owner == {"apiVersion": "v1", "kind": "Pod", "name": f"gang-{group}",
                         "uid": pods[f"gang-{group}"].metadata.uid, "controller": True,
                         "blockOwnerDeletion": True}

    before = namespace.uids("gang")
    kubectl("-n", namespace.name, "delete", "pod", "gang-1-1")
    namespace.wait_renewed("gang", {"gang-1", "gang-1-1", "gang-1-2"}, before)
    namespace.wait_ready("gang", names)
    assert wait_pod_groups(namespace, "gang", 2).keys() == found.keys()

    namespace.apply(changed(body))
    namespace.wait_renewed("gang", names, before)
    namespace.wait_ready("gang", names)
    assert not wait_pod_groups(namespace, "gang", 2).keys() & found.keys()
    kubectl("-n", namespace.name, "delete", "lws", "gang")
    wait_until("no PodGroup is left", lambda: not pod_groups(namespace))


@pytest.mark.parametrize("name, size, policy, members", [
    ("single", 1, "LeaderCreated", 1), ("patient", 3, "LeaderReady", 1)])
def test_a_pod_group_waits_for_the_pods_that_can_be_there(
        namespace, volcano, name, size, policy, members):
    namespace.apply(ganged(name, 1, size, startupPolicy=policy))
    namespace.wait_ready(name, group_names(name, 1, size))
    [made] = wait_pod_groups(namespace, name, 1).values()
    assert made["spec"]["minMember"] == members
    # All of them are asked for: a leader alone is of no use.
    assert made["spec"]["minResources"] == {"cpu": f"{5 * size}m", "memory": f"{8 * size}Mi"}


def test_a_pod_group_that_is_deleted_is_made_anew_and_no_pod_is_touched(namespace, volcano):
    namespace.apply(ganged("bare", 1, 2))
    namespace.wait_ready("bare", group_names("bare", 1, 2))
    [(name, made)] = wait_pod_groups(namespace, "bare", 1).items()
    uids = namespace.uids("bare")
    namespace.cluster.custom.delete_namespaced_custom_object(
        "scheduling.volcano.sh", "v1beta1", namespace.name, "podgroups", name)
    wait_until("another PodGroup", lambda: pod_groups(namespace).get(
        name, made)["metadata"]["uid"] != made["metadata"]["uid"])
    assert namespace.uids("bare") == uids
