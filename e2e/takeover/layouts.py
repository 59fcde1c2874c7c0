# SPDX-License-Identifier: Apache-2.0
"""The sets that are recorded: one for each way in which a release lays out its objects. Pure."""

import copy

PREFIX = "leaderworkerset.sigs.k8s.io/"
GROUP_VERSION = "leaderworkerset.x-k8s.io/v1"
HOST = "kubernetes.io/hostname"


def template(**spec) -> dict:
    """A pod that kwok runs, small, for it is recorded many times."""
    return {"spec": {
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
        "containers": [{"name": "main", "image": "registry.local/none:1"}],
        **spec,
    }}


def dressed_template() -> dict:
    """Members that Go's types print in a form of their own: quantities, escapes, empty pointers,
    times, numbers or names of ports. They are where bytes of revisions differ."""
    made = template(
        securityContext={"runAsUser": 1000, "fsGroup": 0},
        volumes=[{"name": "scratch", "emptyDir": {"sizeLimit": "1024Mi"}},
                 {"name": "settings", "configMap": {"name": "absent", "optional": True}}],
        containers=[{
            "name": "main", "image": "registry.local/none:1",
            "args": ["--match=<a&b>", "--text=gr\u00fcn\u2028"],
            "env": [{"name": "ADDRESS", "value": "$(LWS_LEADER_ADDRESS)"}],
            "ports": [{"name": "api", "containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/", "port": "api"}, "initialDelaySeconds": 1},
            "resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}, "limits": {"cpu": 2}},
            "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
        }],
    )
    made["metadata"] = {"labels": {"app": "dressed"}, "annotations": {"example.com/note": "<kept>"}}
    return made


def make_set(name: str, replicas: int = 1, size: int = 2, metadata: dict | None = None,
             group: dict | None = None, rollout: dict | None = None, **spec) -> dict:
    body = {
        "apiVersion": GROUP_VERSION,
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name, **(metadata or {})},
        "spec": {
            "replicas": replicas,
            "leaderWorkerTemplate": {
                "size": size, "workerTemplate": template(), **(group or {})},
            **spec,
        },
    }
    if rollout is not None:
        body["spec"]["rolloutStrategy"] = {
            "type": "RollingUpdate", "rollingUpdateConfiguration": rollout}
    return body


def _claim() -> dict:
    return {
        "metadata": {"name": "weights", "labels": {"dropped": "by-the-controller"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "by-hand",
                 "resources": {"requests": {"storage": "1Gi"}}},
    }


def settled_sets() -> list[dict]:
    """Those that become Available and stay so."""
    return [
        # First, while every node is free: each group takes one for itself.
        make_set("exclusive", replicas=2, metadata={
            "annotations": {PREFIX + "exclusive-topology": HOST}}),
        make_set("plain", replicas=2),
        make_set("alone", replicas=2, size=1),
        make_set("two-templates", size=3,
                 metadata={"labels": {"team": "a"}, "annotations": {"example.com/owner": "b"}},
                 group={"leaderTemplate": dressed_template(),
                        "restartPolicy": "RecreateGroupOnPodRestart"}),
        make_set("subgroups", size=4, group={"subGroupPolicy": {"subGroupSize": 2}}),
        make_set("excluded", size=3, group={"subGroupPolicy": {
            "subGroupPolicyType": "LeaderExcluded", "subGroupSize": 2}}),
        make_set("per-replica", replicas=2,
                 networkConfig={"subdomainPolicy": "UniquePerReplica"}),
        make_set("leader-ready", startupPolicy="LeaderReady"),
        make_set("untended", group={"restartPolicy": "None"}),
        make_set("surging", replicas=2, rollout={"maxUnavailable": 0, "maxSurge": "50%"}),
        make_set("rolled"),
        make_set("orphaned"),
        make_set("claims", group={
            "volumeClaimTemplates": [_claim()],
            "persistentVolumeClaimRetentionPolicy": {
                "whenDeleted": "Delete", "whenScaled": "Retain"}}),
    ]


def halfway_sets() -> list[dict]:
    """Those that are stopped in the middle of a rollout: by their partition, or because no node takes
    the new pods."""
    return [
        make_set("partitioned", replicas=3, rollout={"partition": 1, "maxUnavailable": 1}),
        make_set("stuck", replicas=3),
    ]


def gang_set() -> dict:
    return make_set("gang")


def changed(body: dict, **spec) -> dict:
    """The same set with another template."""
    new = copy.deepcopy(body)
    new["spec"]["leaderWorkerTemplate"]["workerTemplate"] = template(**spec)
    return new


def unschedulable(body: dict) -> dict:
    return changed(body, nodeSelector={"example.com/no-such-node": "true"})


def renewed(body: dict) -> dict:
    return changed(body, containers=[{"name": "main", "image": "registry.local/none:2"}])


def members(body: dict) -> set[str]:
    """Names of all pods of a set that is complete."""
    name, spec = body["metadata"]["name"], body["spec"]
    size = spec["leaderWorkerTemplate"]["size"]
    names = set()
    for group in range(spec["replicas"]):
        names.add(f"{name}-{group}")
        names |= {f"{name}-{group}-{worker}" for worker in range(1, size)}
    return names


def volumes(count: int) -> list[dict]:
    """What no provisioner makes here."""
    return [{
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"by-hand-{i}"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                 "storageClassName": "by-hand", "hostPath": {"path": f"/nowhere/{i}"}},
    } for i in range(count)]
