# SPDX-License-Identifier: Apache-2.0
"""Reviews of pods: leaders and workers with every combination of what their group may ask for."""
from . import cases, model
from .cases import MUTATE_POD, VALIDATE_POD, Case, review_of

_ODD_INTEGERS = ["+4", "-4", "004", "0", "-0", "+0", "9223372036854775807", "-9223372036854775808"]
_WRONG_INTEGERS = ["", " 4", "4 ", "4.0", "0x4", "4_0", "four", "4\n", "é", "1e3", "\"", "٤", "+"]
_LARGE_INTEGERS = ["9223372036854775808", "-9223372036854775809", "18446744073709551616",
                   "18446744073709551616x", "99999999999999999999999"]
# Its list of hosts is beyond what can be stored.
_HUGE_GROUP = "130000"
_SETS = ["vllm", "a", "my-set-1", "llama-405b", "set.with.dots", "é"]
_LEADER_NAMES = ["vllm-0", "vllm-3", "a-007", "my-set-1-12", "x-2147483647", "x-2147483648", "-5",
                 "noordinal", "a-", "", None, "a-1b", "a-1\n", "a\nb-2", "a--4", "7", "é-1"]
_WORKER_NAMES = ["vllm-0-1", "vllm-3-2", "vllm-0-3", "a-1-7", "my-set-1-0-004", "w-0",
                 "x-2147483648", "-2", "noordinal", "a-", "", None, "a-1b", "a\nb-2", "3",
                 "x-99999999999999999999"]
_TOPOLOGIES = ["cloud.google.com/gke-nodepool", "rack", "", "topology.kubernetes.io/zone"]
_GROUP_KEYS = [None, None, None, "0123456789abcdef0123456789abcdef01234567", "", "own"]
_VARIABLES = ["A", "B", "PATH", "LWS_LEADER_ADDRESS", "LWS_GROUP_SIZE", "LWS_WORKER_INDEX",
              "TPU_NAME", "TPU_PROCESS_PORT", "TPU_WORKER_ID", "TPU_WORKER_HOSTNAMES",
              "TPU_PROCESS_ADDRESSES"]
_MOST_HOSTS = 150_000
_TPU_AMOUNTS = ["4", 4, "1", "4k", "0", 0, "100m", "1e0", "0.0", "-1"]


def _variable(random):
    entry = {"name": random.choice(_VARIABLES[:3] if random.random() < 0.6 else _VARIABLES)}
    kind = random.random()
    if kind < 0.6:
        entry["value"] = random.choice(["1", "", "8500", "$(LWS_LEADER_ADDRESS)", "é\n\"",
                                        "x" * 40])
    elif kind < 0.8:
        entry["valueFrom"] = {"fieldRef": {"fieldPath": "metadata.name"}}
    elif kind < 0.9:
        entry["valueFrom"] = {"resourceFieldRef": {"resource": "limits.cpu", "containerName": "c"}}
    return entry


def _environment(random):
    kind = random.random()
    if kind < 0.25:
        return [_variable(random) for _ in range(random.choice([1, 2, 3, 5, 8]))]
    if kind < 0.35:
        one = _variable(random)
        return [one, {"name": "B"}, dict(one), {"name": one["name"], "value": "last"}]
    return [] if kind < 0.4 else [{"name": "A", "value": "1"}]


def _tpu_resources(random):
    amount = random.choice(_TPU_AMOUNTS if random.random() < 0.3 else ["4"])
    kind = random.random()
    if kind < 0.6:
        return {"limits": {cases.TPU: amount}, "requests": {cases.TPU: amount}}
    if kind < 0.8:
        return {"requests": {cases.TPU: amount, "cpu": "500m"}}
    return {"limits": {cases.TPU: "0"}, "requests": {cases.TPU: amount}}


def _container(random, name, with_tpu):
    out = {"name": name, "image": "registry.example.com/image:1"}
    kind = random.random()
    if kind < 0.55:
        out["env"] = _environment(random)
    elif kind < 0.6:
        out["env"] = None
    if with_tpu:
        out["resources"] = _tpu_resources(random)
        if random.random() < 0.4:
            own = {"name": random.choice(["TPU_PROCESS_PORT", "TPU_PROCESS_PORT", "TPU_WORKER_ID",
                                          "TPU_NAME"]),
                   "value": "9000"}
            if random.random() < 0.25:
                own = {"name": "TPU_PROCESS_PORT",
                       "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
            out["env"] = (out.get("env") or []) + [own]
    elif random.random() < 0.4:
        out["resources"] = {"limits": {"cpu": random.choice(["1000m", "2", "0.5"]),
                                       "memory": "4Gi"}}
    if random.random() < 0.15:
        out["ports"] = [{"containerPort": 8080, "protocol": "TCP"}]
    if random.random() < 0.03:
        out["xUnknown"] = {"kept": [1, None]}
    return out


def _containers(random, out):
    """Fills spec.containers, initContainers and now and then ephemeralContainers."""
    tpu = random.random() < 0.55
    count = random.choice([1, 1, 1, 2, 3])
    out["containers"] = [_container(random, f"c{i}", tpu and (i == 0 or random.random() < 0.5))
                         for i in range(count)]
    if random.random() < 0.3:
        out["initContainers"] = [_container(random, "init", tpu and random.random() < 0.4)]
    if tpu and random.random() < 0.1:
        out["containers"][0].pop("resources", None)
    if random.random() < 0.05:
        out["ephemeralContainers"] = [{"name": "debug", "env": [{"name": "LWS_GROUP_SIZE",
                                                                 "value": "x"}]}]


def _term(topology, random):
    return {"labelSelector": {"matchLabels": {"app": random.choice(["a", "b"])}},
            "topologyKey": topology}


def _affinity(random, topology):
    """None, one of the two terms, both, or terms of another topology."""
    kind = random.random()
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    together, apart = {required: [_term(topology, random)]}, {required: [_term(topology, random)]}
    if kind < 0.4:
        return {"podAffinity": together, "podAntiAffinity": apart}
    if kind < 0.58:
        return {"podAffinity": together}
    if kind < 0.76:
        return {"podAntiAffinity": apart,
                "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "preference": {"matchExpressions": [{"key": "k",
                                                               "operator": "Exists"}]}}]}}
    if kind < 0.82:
        return {"podAffinity": {required: []}, "podAntiAffinity": {}}
    if kind < 0.92:
        return {"podAffinity": {required: [_term("other", random)]},
                "podAntiAffinity": {required: [_term("other", random)]}}
    return random.choice([None, {}, {"podAffinity": None}])


def _subgroup(random, labels, annotations, size):
    kind = random.random()
    if kind < 0.2:
        annotations[cases.SUBGROUP_SIZE] = random.choice(["0", "0", "-0", "00", "+0"])
    elif kind < 0.27:
        annotations[cases.SUBGROUP_SIZE] = random.choice([*_WRONG_INTEGERS, *_ODD_INTEGERS, "-1",
                                                          "-2", "2147483648"])
    else:
        annotations[cases.SUBGROUP_SIZE] = random.choice(["1", "2", "2", "3", "4", "8", str(size)])
    if random.random() < 0.6:
        annotations[cases.SUBGROUP_TYPE] = random.choice([
            "LeaderWorker", "LeaderExcluded", "LeaderExcluded", "LeaderExcluded", ""])
    if random.random() < 0.25:
        labels[cases.SUBGROUP_INDEX] = random.choice(["", "0", "1", "x", "-1", "+1", "99999999999"])
    if random.random() < 0.55:
        own = random.choice(_TOPOLOGIES)
        annotations[cases.SUBGROUP_EXCLUSIVE] = \
            annotations.get(cases.EXCLUSIVE, own) if random.random() < 0.7 else own


def _group_size(random):
    kind = random.random()
    if kind < 0.16:
        return random.choice(_ODD_INTEGERS if kind < 0.1 else _LARGE_INTEGERS if kind < 0.14
                             else [*_WRONG_INTEGERS, cases.odd_text(random)])
    if kind < 0.1608:
        return _HUGE_GROUP
    return random.choice(["1", "2", "3", "4", "5", "5", "8", "9", "9", "16", "17", "17", "64"])


def _metadata(random, leader):
    size = _group_size(random)
    labels, annotations = {cases.NAME: random.choice(_SETS)}, {cases.SIZE: size}
    plain = random.random() < 0.75
    if leader:
        labels[cases.WORKER_INDEX] = "0"
        name = random.choice(_LEADER_NAMES[:5] if plain else _LEADER_NAMES)
        if random.random() < 0.3:
            labels[cases.GROUP_INDEX] = random.choice(["0", "3", "", "x"])
        if random.random() < 0.3:
            annotations[cases.SUBDOMAIN_POLICY] = random.choice(["UniquePerReplica",
                                                                 "UniquePerReplica", "Shared", ""])
    else:
        name = random.choice(_WORKER_NAMES[:5] if plain else _WORKER_NAMES)
        if random.random() < 0.25:
            labels[cases.WORKER_INDEX] = random.choice(["00", "1", "", "x", "2"])
        if random.random() > 0.12:
            labels[cases.GROUP_INDEX] = random.choice(["0", "3", "12", ""])
        if random.random() > 0.08:
            annotations[cases.LEADER_NAME] = random.choice(["vllm-0", "vllm-3", "a-1", ""])
    group_key = random.choice(_GROUP_KEYS)
    if group_key is not None:
        labels[cases.GROUP_KEY] = group_key
    if random.random() < 0.7:
        labels[cases.REVISION] = "6b7f8d9c4"
    if random.random() < 0.45:
        annotations[cases.EXCLUSIVE] = random.choice(_TOPOLOGIES)
    if random.random() < 0.45:
        _subgroup(random, labels, annotations, size)
    if random.random() < 0.75:
        annotations[cases.LEADER_TPUS] = random.choice(["true"] * 4 + ["false", "True", ""])
    if random.random() < 0.05:
        annotations[cases.POD_GROUP] = "old"
    metadata = {"namespace": random.choice(["default", "ml", "default"]), "labels": labels,
                "annotations": annotations}
    if name is not None:
        metadata["name"] = name
    return metadata


def _spoil(pod, random):
    """What only a few pods have."""
    metadata = pod["metadata"]
    kind = random.randrange(8)
    if kind == 0:
        metadata["labels"].pop(cases.NAME, None)
    elif kind == 1:
        metadata["annotations"].pop(cases.SIZE, None)
    elif kind == 2:
        metadata["labels"][cases.NAME] = random.choice(["", None])
    elif kind == 3:
        metadata.pop("name", None)
        metadata["generateName"] = random.choice(["vllm-0-", "x-"])
    elif kind == 4:
        metadata[random.choice(["labels", "annotations", "namespace"])] = None
    elif kind == 5:
        pod["spec"].pop("subdomain", None)
    elif kind == 6:
        metadata["labels"][random.choice([cases.GROUP_INDEX, cases.SUBGROUP_INDEX,
                                          cases.GROUP_KEY])] = None
    else:
        metadata[random.choice(["labels", "annotations"])][random.choice(["a~b/c", "x/y~1",
                                                                          "é"])] = "v"


def _bounded(pod):
    """A pod that asks for TPUs lists every host of its group: billions would end any server."""
    notes = pod["metadata"].get("annotations") or {}
    if not model.tpu_containers(pod["spec"]):
        return
    for key in (cases.SIZE, cases.SUBGROUP_SIZE):
        value = model.integer(notes.get(key))
        if value is not None and abs(value) > _MOST_HOSTS:
            notes[key] = "4"


def _with_everything(pod, random):
    """What chance seldom puts together: subgroups, TPUs for all, one topology for both."""
    notes = pod["metadata"]["annotations"]
    notes.update({cases.SUBGROUP_SIZE: random.choice(["2", "3", "4"]),
                  cases.LEADER_TPUS: random.choice(["true", "true", "false"]),
                  cases.SUBGROUP_TYPE: random.choice(["LeaderWorker", "", "LeaderExcluded"]),
                  cases.EXCLUSIVE: "rack", cases.SUBGROUP_EXCLUSIVE: "rack"})
    notes[cases.SIZE] = random.choice(["5", "9", "17", "8"])
    pod["metadata"]["labels"].pop(cases.SUBGROUP_INDEX, None)
    pod["spec"]["containers"][0]["resources"] = _tpu_resources(random)


def pod(random):
    leader = random.random() < 0.45
    metadata = _metadata(random, leader)
    out = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
           "spec": {"subdomain": random.choice(["vllm", "vllm", "vllm", "", "sub"])}}
    _containers(random, out["spec"])
    if random.random() < 0.08:
        _with_everything(out, random)
    annotations = metadata["annotations"]
    topologies = [annotations[k] for k in (cases.EXCLUSIVE, cases.SUBGROUP_EXCLUSIVE)
                  if k in annotations]
    if random.random() < (0.75 if topologies else 0.15):
        out["spec"]["affinity"] = _affinity(random, random.choice(topologies or ["rack"]))
    if random.random() < 0.35:
        out["spec"]["volumes"] = [{"name": "shm", "emptyDir": {"medium": "Memory",
                                                               "sizeLimit": "1024Mi"}}]
        out["spec"]["tolerations"] = [{"key": cases.TPU, "operator": "Exists"}]
    if random.random() < 0.3:
        _spoil(out, random)
    _bounded(out)
    return out


def mutation(random):
    item = pod(random)
    operation = "CREATE" if random.random() < 0.95 else random.choice(["UPDATE", "DELETE",
                                                                       "CONNECT"])
    old = None if operation == "CREATE" else item
    return Case(MUTATE_POD, review_of(operation, item, old), kind="pod")


def validation(random):
    item = pod(random)
    operation = random.choice(["CREATE", "UPDATE", "DELETE"])
    return Case(VALIDATE_POD, review_of(operation, None if operation == "DELETE" else item,
                                        None if operation == "CREATE" else item),
                kind="pod validation")
