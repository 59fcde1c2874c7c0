# SPDX-License-Identifier: Apache-2.0
"""Pods of sets with subgroups, exclusive topology, own subdomains and TPUs as the API server stores
them. Their nodes are kwok's: nothing runs, and everything is scheduled by the real scheduler."""

import hashlib
from typing import Any

import pytest
from harness import PREFIX, group_names, is_ready, make_set, wait_until

RACK = "e2e.lws/rack"
HOST = "kubernetes.io/hostname"
ENVIRONMENT = ["LWS_LEADER_ADDRESS", "LWS_GROUP_SIZE", "LWS_WORKER_INDEX"]
TPU_ENVIRONMENT = ["TPU_WORKER_HOSTNAMES", "TPU_WORKER_ID", "TPU_NAME", "TPU_PROCESS_ADDRESSES",
                   "TPU_PROCESS_PORT"]


def on_kwok(**container: Any) -> dict:
    return {
        "metadata": {},
        "spec": {
            "nodeSelector": {"type": "kwok"},
            "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "main", "image": "registry.local/none:1", **container}],
        },
    }


def kwok_set(name: str, replicas: int, size: int, annotations: dict | None = None,
             leader: dict | None = None, worker: dict | None = None, **members: Any) -> dict:
    templates = {"workerTemplate": worker or on_kwok()}
    if leader:
        templates["leaderTemplate"] = leader
    marks = {PREFIX + key: value for key, value in (annotations or {}).items()}
    return make_set(name, replicas=replicas, size=size, metadata={"annotations": marks},
                    leaderWorkerTemplate={**templates, **members.pop("template", {})}, **members)


def sub_groups(size: int, kind: str = "LeaderWorker") -> dict:
    return {"subGroupPolicy": {"subGroupPolicyType": kind, "subGroupSize": size}}


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def exclusive(key: str, value: str, topology: str) -> dict:
    """The required terms of both kinds, as the stored pod shows them."""
    key = PREFIX + key
    return {
        "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
            "labelSelector": {"matchExpressions": [
                {"key": key, "operator": "In", "values": [value]}]},
            "topologyKey": topology}]},
        "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
            "labelSelector": {"matchExpressions": [
                {"key": key, "operator": "Exists"},
                {"key": key, "operator": "NotIn", "values": [value]}]},
            "topologyKey": topology}]},
    }


def stored(namespace, set_name: str) -> dict[str, dict]:
    """The pods as JSON: what the client's classes do not know must show."""
    api = namespace.cluster.core.api_client
    return {name: api.sanitize_for_serialization(pod)
            for name, pod in namespace.pods(set_name).items()}


def apply_and_wait(namespace, body: dict, names: set[str]) -> dict[str, dict]:
    name = body["metadata"]["name"]
    namespace.apply(body)
    wait_until(f"the pods {sorted(names)}", lambda: set(namespace.pods(name)) == names, timeout=90)
    return stored(namespace, name)


def environment(pod: dict, container: int = 0) -> dict[str, str]:
    return {e["name"]: e.get("value", "") for e in pod["spec"]["containers"][container]["env"]}


def label(pod: dict, key: str) -> str | None:
    return pod["metadata"]["labels"].get(PREFIX + key)


def annotation(pod: dict, key: str) -> str | None:
    return pod["metadata"].get("annotations", {}).get(PREFIX + key)


@pytest.mark.parametrize("size, sub_size, kind, expected", [
    (4, 2, "LeaderWorker", ["0", "0", "1", "1"]),
    # The leader is one more member of the first subgroup.
    (5, 2, "LeaderWorker", ["0", "0", "0", "1", "1"]),
    (5, 2, "LeaderExcluded", [None, "0", "0", "1", "1"]),
], ids=["even", "uneven", "leader excluded"])
def test_pods_of_subgroups_carry_index_key_and_size(namespace, size, sub_size, kind, expected):
    pods = apply_and_wait(namespace, kwok_set("sub", 1, size, template=sub_groups(sub_size, kind)),
                          group_names("sub", 1, size))
    for worker, index in enumerate(expected):
        pod = pods["sub-0" if worker == 0 else f"sub-0-{worker}"]
        assert label(pod, "subgroup-index") == index
        assert label(pod, "subgroup-key") == (None if index is None else sha1(f"sub-0/{index}"))
        assert annotation(pod, "subgroup-size") == str(sub_size)
        assert label(pod, "group-index") == "0"
        assert label(pod, "group-key") == sha1(f"{namespace.name}/sub-0")
        assert label(pod, "worker-index") == str(worker)
        assert pod["spec"].get("affinity") is None
        assert [e["name"] for e in pod["spec"]["containers"][0]["env"]] == ENVIRONMENT


@pytest.fixture
def racks(cluster):
    """Three racks of two kwok nodes."""
    nodes = [n.metadata.name for n in cluster.core.list_node(label_selector="type=kwok").items]
    assert len(nodes) >= 6
    for number, node in enumerate(sorted(nodes)):
        cluster.core.patch_node(node, {"metadata": {"labels": {RACK: f"r{number // 2}"}}})
    yield
    for node in nodes:
        cluster.core.patch_node(node, {"metadata": {"labels": {RACK: None}}})


def nodes_by_name(cluster) -> dict[str, dict[str, str]]:
    return {n.metadata.name: n.metadata.labels for n in cluster.core.list_node().items}


def all_ready(namespace, set_name: str, names: set[str]):
    def ready():
        pods = namespace.pods(set_name)
        return set(pods) == names and all(is_ready(p) for p in pods.values())
    wait_until(f"all pods of {set_name} Ready on kwok nodes", ready, timeout=90)
    return stored(namespace, set_name)


def test_exclusive_topology_gives_each_group_a_rack_of_its_own(namespace, racks):
    names = group_names("alone", 3, 3)
    apply_and_wait(namespace, kwok_set("alone", 3, 3, {"exclusive-topology": RACK}), names)
    pods = all_ready(namespace, "alone", names)
    nodes = nodes_by_name(namespace.cluster)
    racks_of_groups = []
    for group in range(3):
        leader = pods[f"alone-{group}"]
        key = sha1(f"{namespace.name}/alone-{group}")
        assert leader["spec"]["affinity"] == exclusive("group-key", key, RACK)
        rack = nodes[leader["spec"]["nodeName"]][RACK]
        racks_of_groups.append(rack)
        for worker in (1, 2):
            pod = pods[f"alone-{group}-{worker}"]
            assert pod["spec"].get("affinity") is None
            assert pod["spec"]["nodeSelector"] == {"type": "kwok", RACK: rack}
            assert nodes[pod["spec"]["nodeName"]][RACK] == rack
            assert annotation(pod, "exclusive-topology") == RACK
            assert label(pod, "group-key") == key
    assert sorted(racks_of_groups) == ["r0", "r1", "r2"]


def test_subgroup_exclusive_topology_gives_each_subgroup_a_node_of_its_own(namespace):
    names = group_names("nodes", 2, 4)
    apply_and_wait(namespace, kwok_set("nodes", 2, 4, {"subgroup-exclusive-topology": HOST},
                                       template=sub_groups(2)), names)
    pods = all_ready(namespace, "nodes", names)
    where: dict[str, set[str]] = {}
    for name, pod in pods.items():
        group, worker = label(pod, "group-index"), int(label(pod, "worker-index"))
        key = sha1(f"nodes-{group}/{worker // 2}")
        assert label(pod, "subgroup-key") == key
        assert pod["spec"]["affinity"] == exclusive("subgroup-key", key, HOST), name
        where.setdefault(key, set()).add(pod["spec"]["nodeName"])
    assert [len(nodes) for nodes in where.values()] == [1, 1, 1, 1]
    assert len(set.union(*where.values())) == 4


def test_unique_subdomains_are_the_leaders_names(namespace):
    pods = apply_and_wait(
        namespace, kwok_set("own", 2, 2, networkConfig={"subdomainPolicy": "UniquePerReplica"}),
        group_names("own", 2, 2))
    for name, pod in pods.items():
        group = label(pod, "group-index")
        leader = name == f"own-{group}"
        assert pod["spec"]["subdomain"] == f"own-{group}"
        assert annotation(pod, "subdomainPolicy") == ("UniquePerReplica" if leader else None)
        assert environment(pod) == {
            "LWS_LEADER_ADDRESS": f"own-{group}.own-{group}.{namespace.name}",
            "LWS_GROUP_SIZE": "2", "LWS_WORKER_INDEX": "0" if leader else "1"}
    services = namespace.cluster.core.list_namespaced_service(namespace.name).items
    assert {"own-0", "own-1"} <= {s.metadata.name for s in services}


ASKS = {"resources": {"limits": {"google.com/tpu": "4"}}}


def check_tpu(pod: dict, hosts: list[str], number: int, leader: str) -> None:
    variables = environment(pod)
    assert list(variables) == ENVIRONMENT + TPU_ENVIRONMENT
    assert variables["TPU_WORKER_HOSTNAMES"] == ",".join(hosts)
    assert variables["TPU_WORKER_ID"] == str(number)
    assert variables["TPU_NAME"] == leader
    assert variables["TPU_PROCESS_ADDRESSES"] == ",".join(f"{h}:8476" for h in hosts)
    assert variables["TPU_PROCESS_PORT"] == "8476"


def test_tpu_pods_know_all_hosts_of_their_group(namespace):
    pods = apply_and_wait(namespace, kwok_set("tpu", 1, 3, worker=on_kwok(**ASKS)),
                          group_names("tpu", 1, 3))
    hosts = ["tpu-0.tpu", "tpu-0-1.tpu", "tpu-0-2.tpu"]
    for worker, name in enumerate(["tpu-0", "tpu-0-1", "tpu-0-2"]):
        check_tpu(pods[name], hosts, worker, "tpu-0")
        assert annotation(pods[name], "leader-requests-tpus") == (None if worker == 0 else "true")


def test_a_leader_without_tpus_is_no_host_of_its_group(namespace):
    pods = apply_and_wait(
        namespace, kwok_set("cpu", 1, 3, leader=on_kwok(), worker=on_kwok(**ASKS)),
        group_names("cpu", 1, 3))
    assert list(environment(pods["cpu-0"])) == ENVIRONMENT
    for worker in (1, 2):
        pod = pods[f"cpu-0-{worker}"]
        check_tpu(pod, ["cpu-0-1.cpu", "cpu-0-2.cpu"], worker - 1, "cpu-0")
        assert annotation(pod, "leader-requests-tpus") is None


def test_tpu_pods_of_a_subgroup_know_the_hosts_of_their_subgroup(namespace):
    pods = apply_and_wait(
        namespace, kwok_set("part", 1, 4, worker=on_kwok(**ASKS), template=sub_groups(2)),
        group_names("part", 1, 4))
    first, second = ["part-0.part", "part-0-1.part"], ["part-0-2.part", "part-0-3.part"]
    for name, hosts, number in (("part-0", first, 0), ("part-0-1", first, 1),
                                ("part-0-2", second, 0), ("part-0-3", second, 1)):
        check_tpu(pods[name], hosts, number, "part-0")
