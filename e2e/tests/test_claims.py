# SPDX-License-Identifier: Apache-2.0
"""volumeClaimTemplates: whose data lives on after a restart, a scale-down and a deletion."""

import pytest
from harness import IDLE, group_names, kubectl, make_set, on_kwok, template, wait_until

# Of whom a claim is left: leader and worker of group 0, leader and worker of group 1.
L0, W0, L1, W1 = "0", "0-1", "1", "1-1"
# whenScaled, whenDeleted: the claims after scaling from 2 groups to 1, and after the deletion. The
# StatefulSet of a group's workers is deleted, not scaled, when its group goes.
POLICIES = {
    "keeps": ({}, {L0, W0, L1, W1}, {L0, W0, L1, W1}),
    "drops": ({"whenScaled": "Delete", "whenDeleted": "Delete"}, {L0, W0}, set()),
    "drops-scaled": ({"whenScaled": "Delete", "whenDeleted": "Retain"}, {L0, W0, W1}, {L0, W0, W1}),
    "drops-deleted": ({"whenScaled": "Retain", "whenDeleted": "Delete"}, {L0, W0, L1}, set()),
}


@pytest.fixture
def volumes(namespace):
    """Makes so many volumes for the claims of this namespace, which no provisioner would make."""
    core, made = namespace.cluster.core, []

    def make(count: int) -> None:
        for index in range(count):
            name = f"{namespace.name}-{index}"
            core.create_persistent_volume({
                "metadata": {"name": name},
                "spec": {"capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"],
                         "storageClassName": namespace.name,
                         "persistentVolumeReclaimPolicy": "Retain",
                         # In memory of the cluster's own: gone with it.
                         "hostPath": {"path": f"/run/lws-volumes/{name}",
                                      "type": "DirectoryOrCreate"}}})
            made.append(name)
    yield make
    for name in made:
        core.delete_persistent_volume(name)


def claiming(namespace, name: str, pod: dict, policy: dict | None = None) -> dict:
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    claim = {"metadata": {"name": "data"},
             "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": namespace.name,
                      "resources": {"requests": {"storage": "1Mi"}}}}
    return make_set(name, replicas=2, leaderWorkerTemplate={
        "workerTemplate": pod, "volumeClaimTemplates": [claim],
        **({"persistentVolumeClaimRetentionPolicy": policy} if policy else {})})


def claims(namespace, name: str) -> dict[str, str]:
    """By the pod that claims, the UID; what is being deleted is left out."""
    prefix = f"data-{name}-"
    listed = namespace.cluster.core.list_namespaced_persistent_volume_claim(namespace.name)
    return {c.metadata.name.removeprefix(prefix): c.metadata.uid for c in listed.items
            if c.metadata.name.removeprefix(prefix)[:1].isdigit()
            and c.metadata.name.startswith(prefix) and c.metadata.deletion_timestamp is None}


def wait_left(namespace, expected: dict[str, set[str]]) -> None:
    """All at once: what some sets keep is looked at when others have lost theirs."""
    def left() -> bool:
        now = {name: set(claims(namespace, name)) for name in expected}
        assert now == expected
        return True
    wait_until("the claims that the policies leave", left)


def test_data_lives_on_when_its_group_is_recreated(namespace, volumes):
    volumes(4)
    namespace.apply(claiming(namespace, "stateful", template(IDLE)))
    names = group_names("stateful", 2, 2)
    namespace.wait_ready("stateful", names)
    for pod in names:
        namespace.exec(pod, "sh", "-c", "hostname > /data/owner")
    before, claimed = namespace.uids("stateful"), claims(namespace, "stateful")
    assert claimed.keys() == {L0, W0, L1, W1}
    kubectl("-n", namespace.name, "delete", "pod", "stateful-0-1")
    namespace.wait_renewed("stateful", {"stateful-0", "stateful-0-1"}, before)
    namespace.wait_ready("stateful", names)
    for pod in names:
        assert namespace.exec(pod, "cat", "/data/owner").strip() == pod
    assert claims(namespace, "stateful") == claimed


def test_claims_go_and_stay_by_the_retention_policy_of_their_set(namespace, volumes):
    volumes(4 * len(POLICIES) + 2)
    for name, (policy, _, _) in POLICIES.items():
        namespace.apply(claiming(namespace, name, on_kwok(template("true")), policy))
    for name in POLICIES:
        namespace.wait_ready(name, group_names(name, 2, 2))
        assert claims(namespace, name).keys() == {L0, W0, L1, W1}

    # The StatefulSet of the workers goes with each recreation, and with it what it would delete.
    before = {name: claims(namespace, name) for name in ("drops", "drops-scaled")}
    for name in before:
        uids = namespace.uids(name)
        kubectl("-n", namespace.name, "delete", "pod", f"{name}-0-1")
        namespace.wait_renewed(name, {f"{name}-0", f"{name}-0-1"}, uids)
        namespace.wait_ready(name, group_names(name, 2, 2))
    now = claims(namespace, "drops")
    assert now[W0] != before["drops"][W0] and now[L0] == before["drops"][L0]
    assert claims(namespace, "drops-scaled") == before["drops-scaled"]

    for name in POLICIES:
        kubectl("-n", namespace.name, "scale", f"lws/{name}", "--replicas=1")
    for name in POLICIES:
        namespace.wait_ready(name, group_names(name, 1, 2))
    wait_left(namespace, {name: left for name, (_, left, _) in POLICIES.items()})
    for name in POLICIES:
        kubectl("-n", namespace.name, "delete", "lws", name)
    for name in POLICIES:
        wait_until(f"no pods of {name}", lambda n=name: not namespace.pods(n))
    wait_left(namespace, {name: left for name, (_, _, left) in POLICIES.items()})
