# SPDX-License-Identifier: Apache-2.0
"""The scale subresource as others use it: a HorizontalPodAutoscaler of Kubernetes itself."""

import json

import kubernetes
from harness import PREFIX, group_names, kubectl, make_set, on_kwok, template, wait_until


def autoscaler(name: str, replicas: int) -> dict:
    """There are no metrics here: only its bounds move the set."""
    target = {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "name": name}
    return {"metadata": {"name": name},
            "spec": {"scaleTargetRef": target, "minReplicas": replicas, "maxReplicas": replicas}}


def test_a_horizontal_pod_autoscaler_lifts_a_set_to_its_least_and_lowers_it_to_its_most(namespace):
    autoscaling = kubernetes.client.AutoscalingV2Api()
    sets = {"low": 1, "high": 5}
    for name, replicas in sets.items():
        namespace.apply(make_set(name, replicas=replicas, leaderWorkerTemplate={
            "workerTemplate": on_kwok(template("true"))}))
    for name, replicas in sets.items():
        namespace.wait_ready(name, group_names(name, replicas, 2))
        autoscaling.create_namespaced_horizontal_pod_autoscaler(
            namespace.name, autoscaler(name, 3))
    for name in sets:
        namespace.wait_ready(name, group_names(name, 3, 2), timeout=120)
        namespace.wait_available(name)

        def sees(name=name) -> bool:
            status = autoscaling.read_namespaced_horizontal_pod_autoscaler(
                name, namespace.name).status
            return (status.current_replicas, status.desired_replicas) == (3, 3)
        wait_until(f"the autoscaler of {name} sees three groups", sees, timeout=90)
        scale = json.loads(kubectl(
            "get", "--raw", f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/{namespace.name}/"
                            f"leaderworkersets/{name}/scale").stdout)
        assert scale["spec"] == {"replicas": 3}
        assert scale["status"]["replicas"] == 3
        # What its metrics are the mean of: one pod for each group.
        selected = namespace.cluster.core.list_namespaced_pod(
            namespace.name, label_selector=scale["status"]["selector"]).items
        assert {p.metadata.name for p in selected} == {f"{name}-{g}" for g in range(3)}
        assert scale["status"]["selector"] == f"{PREFIX}name={name},{PREFIX}worker-index=0"
