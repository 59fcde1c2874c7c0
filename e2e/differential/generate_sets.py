# SPDX-License-Identifier: Apache-2.0
"""Reviews of sets: a set that every rule accepts, then none, one or several things done to it."""
import copy

from .cases import MUTATE_SET, VALIDATE_SET, Case, member, review_of
from .set_mutations import DEFAULTED, LWT, MUTATIONS, RARE


def container(random, names=("c", "main", "sidecar")):
    out = {"name": random.choice(names), "image": "registry.example.com/image:1"}
    if random.random() < 0.4:
        out["resources"] = {"limits": {"cpu": random.choice(["1", "1000m", "0.5", 2]),
                                       "memory": "1Gi"}}
    if random.random() < 0.3:
        out["env"] = [{"name": "A", "value": "1"}]
    if random.random() < 0.3:
        out["ports"] = [{"containerPort": 8080, "protocol": "TCP"}]
    return out


def template(random):
    return {"metadata": {"labels": {"role": "x"}} if random.random() < 0.3 else {},
            "spec": {"containers": [container(random)]}}


def valid_set(random):
    """Fully defaulted, as the API server hands sets to the validating webhook."""
    size = random.choice([1, 2, 3, 4, 5, 8, 9, 16])
    out = {
        "apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet",
        "metadata": {"name": random.choice(["vllm", "a", "my-set", "llama-405b"]),
                     "namespace": "default", "uid": "1b0c5a52-9c6e-4f4e-9a53-0c2b7b3e6f11",
                     "generation": 1},
        "spec": {
            "replicas": random.choice([0, 1, 2, 4, 10]), "startupPolicy": "LeaderCreated",
            "networkConfig": {"subdomainPolicy": random.choice(["Shared", "UniquePerReplica"])},
            "rolloutStrategy": {"type": "RollingUpdate", "rollingUpdateConfiguration": {
                "partition": random.choice([0, 0, 1, 5]),
                "maxUnavailable": random.choice([1, 2, "50%", "100%"]),
                "maxSurge": random.choice([0, 1, "30%"])}},
            LWT: {"size": size, "restartPolicy": "RecreateGroupOnPodRestart",
                  "workerTemplate": template(random)}}}
    if random.random() < 0.3:
        out["spec"][LWT]["leaderTemplate"] = template(random)
    if random.random() < 0.3:
        divisors = [d for d in range(1, size + 1) if size % d == 0 or (size - 1) % d == 0]
        out["spec"][LWT]["subGroupPolicy"] = {"subGroupPolicyType": "LeaderWorker",
                                              "subGroupSize": random.choice(divisors)}
    return out


def _mutate(item, random, mutations, most):
    for _ in range(random.choice(range(most + 1))):
        chosen = random.choice(RARE) if random.random() < 0.01 else random.choice(mutations)
        if not isinstance(item.get("metadata"), dict):
            item["metadata"] = {}
        chosen(item, random)
    return item


def mutation(random):
    """The defaulting webhook."""
    item = _mutate(valid_set(random), random, DEFAULTED if random.random() < 0.8 else MUTATIONS, 4)
    operation = random.choice(["CREATE", "CREATE", "CREATE", "UPDATE", "DELETE"])
    return Case(MUTATE_SET, review_of(operation, item, item if operation != "CREATE" else None),
                kind="set defaults")


def creation(random):
    item = _mutate(valid_set(random), random, MUTATIONS, 6)
    return Case(VALIDATE_SET, review_of("CREATE", item), kind="set CREATE")


def _transition(spec, random):
    """What only an update can break."""
    kind = random.random()
    if kind < 0.1:
        spec[LWT]["subGroupPolicy"] = {"subGroupSize": random.choice([1, 2, 3])}
    elif kind < 0.25:
        spec[LWT].pop("subGroupPolicy", None)
    elif kind < 0.33:
        spec["networkConfig"] = random.choice([{}, {"subdomainPolicy": None}])


def update(random):
    """Old objects are valid or not; new ones are near to them, so that every transition is met."""
    old = _mutate(valid_set(random), random, MUTATIONS, random.choice([0, 3]))
    new = _mutate(copy.deepcopy(old), random, MUTATIONS, 3)
    if random.random() < 0.1:
        new, old = old, new
    if isinstance(member(new, "spec", LWT), dict):
        _transition(new["spec"], random)
    return Case(VALIDATE_SET, review_of("UPDATE", new, old), kind="set UPDATE")


def deletion(random):
    old = _mutate(valid_set(random), random, MUTATIONS, 3)
    return Case(VALIDATE_SET, review_of("DELETE", None, old), kind="set DELETE")
