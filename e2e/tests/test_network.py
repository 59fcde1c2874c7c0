# SPDX-License-Identifier: Apache-2.0
"""How the pods of a group find each other by name, with one Service for all groups or one for each."""

import copy
import re

from harness import IDLE, group_names, kubectl, make_set, template, wait_until

NEVER_READY = {"readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 60}}


def unique(body: dict) -> dict:
    new = copy.deepcopy(body)
    new["spec"]["networkConfig"] = {"subdomainPolicy": "UniquePerReplica"}
    return new


def addresses(namespace, pod: str, name: str) -> set[str]:
    """What cluster DNS says to the pod; nothing for a name that there is not."""
    said = namespace.exec(pod, "nslookup", f"{name}.{namespace.name}.svc.cluster.local", check=False)
    # The first address is the server's.
    return set(re.findall(r"^Address:\s*([0-9.]+)$", said, re.MULTILINE))


def services(namespace) -> dict[str, str]:
    """Name and UID of the owner."""
    return {s.metadata.name: s.metadata.owner_references[0].uid
            for s in namespace.cluster.core.list_namespaced_service(namespace.name).items}


def check_names(namespace, leader: str, domain: str) -> None:
    """Leader and worker of a group find each other under the names that they are told."""
    def resolve() -> bool:
        pods = {n: namespace.cluster.core.read_namespaced_pod(n, namespace.name)
                for n in (leader, f"{leader}-1")}
        ips = {n: {p.status.pod_ip} for n, p in pods.items()}
        return (addresses(namespace, f"{leader}-1", f"{leader}.{domain}") == ips[leader]
                and addresses(namespace, leader, f"{leader}-1.{domain}") == ips[f"{leader}-1"])
    wait_until(f"{leader} and its worker find each other in {domain}", resolve)
    told = namespace.exec(f"{leader}-1", "sh", "-c", "echo $LWS_LEADER_ADDRESS").strip()
    assert told == f"{leader}.{domain}.{namespace.name}"


def test_a_domain_for_each_group_replaces_the_shared_one_by_a_rollout(namespace):
    body = make_set("net", replicas=2)
    namespace.apply(body)
    names = group_names("net", 2, 2)
    namespace.wait_ready("net", names)
    namespace.wait_available("net")
    before = namespace.uids("net")
    check_names(namespace, "net-1", "net")
    assert services(namespace).keys() == {"net"}

    namespace.apply(unique(body))
    namespace.wait_renewed("net", names, before)
    pods = namespace.wait_ready("net", names)
    for group in ("net-0", "net-1"):
        check_names(namespace, group, group)
        # The other group is not in this one's domain.
        assert addresses(namespace, "net-0", group) == {
            pods[group].status.pod_ip, pods[f"{group}-1"].status.pod_ip}
    # The one of the policy before is nobody's to remove.
    now = namespace.uids("net")
    owned = services(namespace)
    assert owned.pop("net")
    assert owned == {group: now[group] for group in ("net-0", "net-1")}

    kubectl("-n", namespace.name, "delete", "pod", "net-0-1")
    namespace.wait_renewed("net", {"net-0", "net-0-1"}, now)
    namespace.wait_ready("net", names)
    wait_until("the Service is the new leader's", lambda: services(namespace)["net-0"]
               == namespace.uids("net")["net-0"])
    check_names(namespace, "net-0", "net-0")


def test_pods_find_each_other_before_they_are_ready(namespace):
    body = make_set("early", replicas=1,
                    leaderWorkerTemplate={"workerTemplate": template(IDLE, **NEVER_READY)})
    namespace.apply(body)
    other = unique(body)
    other["metadata"]["name"] = "alone"
    namespace.apply(other)
    for name in ("early", "alone"):
        wait_until(f"the pods of {name} run", lambda n=name: [
            p.status.phase for p in namespace.pods(n).values()] == ["Running"] * 2)
    check_names(namespace, "early-0", "early")
    check_names(namespace, "alone-0", "alone-0")
