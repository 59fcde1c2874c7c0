# SPDX-License-Identifier: Apache-2.0
"""One group to one topology domain, and one subgroup to one, on nodes with labels that say which."""

import pytest
from harness import PREFIX, group_names, kubectl, make_set, on_kwok, template, wait_until

RACKS = {"kwok-0": "a", "kwok-1": "a", "kwok-2": "b", "kwok-3": "b", "kwok-4": "c", "kwok-5": "c"}


@pytest.fixture
def rack_label(namespace):
    """The key of a label that puts the kwok nodes into three racks."""
    core, key = namespace.cluster.core, f"{namespace.name}/rack"
    for node, rack in RACKS.items():
        core.patch_node(node, {"metadata": {"labels": {key: rack}}})
    yield key
    for node in RACKS:
        core.patch_node(node, {"metadata": {"labels": {key: None}}})


def placed(namespace, name: str, label: str, where) -> dict[str, set[str]]:
    """Where the pods of each value of the label are; `where` of a node."""
    out: dict[str, set[str]] = {}
    for pod in namespace.pods(name).values():
        out.setdefault(pod.metadata.labels[PREFIX + label], set()).add(where(pod.spec.node_name))
    return out


def check_one_to_one(domains: dict[str, set[str]], count: int) -> None:
    assert len(domains) == count
    assert all(len(places) == 1 for places in domains.values()), domains
    assert len(set.union(*domains.values())) == count, domains


def test_with_exclusive_topology_each_group_has_a_domain_and_each_domain_a_group(
        namespace, rack_label):
    namespace.apply(make_set(
        "racked", replicas=3, size=3, metadata={"annotations": {
            PREFIX + "exclusive-topology": rack_label}},
        leaderWorkerTemplate={"size": 3, "workerTemplate": on_kwok(template("true"))}))
    names = group_names("racked", 3, 3)
    namespace.wait_ready("racked", names)
    check_one_to_one(placed(namespace, "racked", "group-index", RACKS.get), 3)
    for group in range(3):
        workers = namespace.cluster.apps.read_namespaced_stateful_set(
            f"racked-{group}", namespace.name)
        leader = namespace.pods("racked")[f"racked-{group}"]
        assert workers.spec.template.spec.node_selector == {
            "type": "kwok", rack_label: RACKS[leader.spec.node_name]}

    # There is no fourth rack: its leader waits, and workers are not made without its node.
    kubectl("-n", namespace.name, "scale", "lws/racked", "--replicas=4")

    def unschedulable() -> bool:
        pod = namespace.pods("racked").get("racked-3")
        return pod is not None and any(
            c.type == "PodScheduled" and c.reason == "Unschedulable"
            for c in pod.status.conditions or [])
    wait_until("no node takes a fourth leader", unschedulable)
    assert namespace.pods("racked").keys() == names | {"racked-3"}
    kubectl("-n", namespace.name, "scale", "lws/racked", "--replicas=3")
    wait_until("the fourth is gone", lambda: namespace.pods("racked").keys() == names)

    before = namespace.uids("racked")
    kubectl("-n", namespace.name, "delete", "pod", "racked-1-2")
    namespace.wait_renewed("racked", {"racked-1", "racked-1-1", "racked-1-2"}, before)
    namespace.wait_ready("racked", names)
    check_one_to_one(placed(namespace, "racked", "group-index", RACKS.get), 3)


def test_with_subgroup_exclusive_topology_each_subgroup_has_a_node_of_its_own(namespace):
    namespace.apply(make_set(
        "split", replicas=2, size=4, metadata={"annotations": {
            PREFIX + "subgroup-exclusive-topology": "kubernetes.io/hostname"}},
        leaderWorkerTemplate={
            "size": 4, "workerTemplate": on_kwok(template("true")),
            "subGroupPolicy": {"subGroupPolicyType": "LeaderWorker", "subGroupSize": 2}}))
    pods = namespace.wait_ready("split", group_names("split", 2, 4))
    check_one_to_one(placed(namespace, "split", "subgroup-key", str), 4)
    for group in range(2):
        leader = f"split-{group}"
        indices = [pods[n].metadata.labels[PREFIX + "subgroup-index"]
                   for n in (leader, f"{leader}-1", f"{leader}-2", f"{leader}-3")]
        assert indices == ["0", "0", "1", "1"]
