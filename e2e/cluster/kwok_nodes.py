# SPDX-License-Identifier: Apache-2.0
"""Nodes that do not exist: kwok answers for them and for the pods that are bound to them."""


def node(index):
    """Tainted, so that only pods that ask for it land where nothing runs."""
    name = f"kwok-{index}"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
            "labels": {
                "type": "kwok",
                "kubernetes.io/hostname": name,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": "kwok",
            },
        },
        "spec": {
            "taints": [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]
        },
        # What a machine of many accelerators would say; pods of the samples must fit.
        "status": {
            "allocatable": _capacity(),
            "capacity": _capacity(),
        },
    }


def _capacity():
    return {"cpu": "64", "memory": "512Gi", "pods": "250", "nvidia.com/gpu": "16"}


def node_list(count):
    return {"apiVersion": "v1", "kind": "List", "items": [node(i) for i in range(count)]}
