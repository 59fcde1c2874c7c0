# SPDX-License-Identifier: Apache-2.0
"""What the controller keeps in memory: objects of sets, and nothing of anybody else's."""

import re
import urllib.request

from harness import PREFIX, group_names, make_set, port_forward, wait_until

FOREIGN = 500


def store_sizes() -> dict[str, int]:
    with port_forward("lws-system", "deployment/lws-controller-manager", 8080) as url:
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as response:
            text = response.read().decode()
    found = dict(re.findall(r'^lws_store_objects\{kind="(\w+)"\} (\d+)$', text, re.M))
    assert set(found) == {"LeaderWorkerSet", "Pod", "StatefulSet", "Service", "ControllerRevision"}
    return {kind: int(number) for kind, number in found.items()}


def test_pods_of_nobody_s_set_never_reach_the_stores(namespace):
    core = namespace.cluster.core
    namespace.apply(make_set("known", replicas=1))
    namespace.wait_ready("known", group_names("known", 1, 2))
    deployment = {
        "metadata": {"name": "foreign"},
        "spec": {
            "replicas": FOREIGN,
            "selector": {"matchLabels": {"app": "foreign"}},
            "template": {
                "metadata": {"labels": {"app": "foreign"}},
                "spec": {
                    "nodeSelector": {"type": "kwok"},
                    "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
                    "containers": [{"name": "main", "image": "registry.local/none:1"}],
                },
            },
        },
    }
    namespace.cluster.apps.create_namespaced_deployment(namespace.name, deployment)

    def all_run() -> bool:
        listed = core.list_namespaced_pod(namespace.name, label_selector="app=foreign")
        return sum(p.status.phase == "Running" for p in listed.items) == FOREIGN
    wait_until(f"{FOREIGN} foreign pods Running", all_run, timeout=120, every=1)

    def stores_hold_only_pods_of_sets() -> bool:
        labelled = core.list_pod_for_all_namespaces(label_selector=f"{PREFIX}name")
        sizes = store_sizes()
        assert sizes["Pod"] >= 2
        return sizes["Pod"] == len(labelled.items)
    # Namespaces of earlier tests may still be on their way out, so the two are compared until equal.
    wait_until("the store holds the labelled pods and no other", stores_hold_only_pods_of_sets)
    assert store_sizes()["Pod"] < FOREIGN
