# SPDX-License-Identifier: Apache-2.0
"""What can be done to a set: each function changes one thing, so that it breaks or meets a rule."""
from . import cases

LWT = "leaderWorkerTemplate"
_PERCENTS = ["0%", "1%", "25%", "50%", "99%", "100%", "101%", "250%", "%", "", "5", "-5%", "+5%",
             " 5%", "5 %", "5%%", "abc", "1.5%", "1e1%", "007%", "99999999999999999999%",
             "9223372036854775807%", "½%", "<5%>", "5%\n", "\"", "\\%", "&", "\u2028%"]
_INTEGERS = [-2147483648, -7, -1, 0, 1, 2, 3, 7, 100, 1000, 2147483647]
_NAMES = ["a", "vllm", "my-set-1", "1abc", "Upper", "under_score", "a.b", "-a", "a-", "a" * 63,
          "a" * 64, "é", "a" * 52, "b" * 53, "c" * 51, "d" * 50, "a b", "a\nb", "q\"q", "",
          "x" * 300, "\u0000", "\U0001f600"]
_PREFIXES = ["a-", "vllm-", "A-", "a--", "-", "9-", "a" * 62 + "-", "a" * 63 + "-", "a" * 64, "x_"]
_LABEL_KEYS = ["app", "a/b", "a/b/c", "/b", "a/", "A.example.com/x", "-a", "a" * 63, "a" * 64, "é",
               "x y", "a" * 254 + "/b", "a~b/c~d", "kubernetes.io/arch", "UP/x", "a..b/c"]
_LABEL_VALUES = ["", "v", "a" * 63, "a" * 64, "-v", "v-", "v v", "é", "1.2_3-4"]
_TOPOLOGY = ["cloud.google.com/gke-nodepool", "", "rack"]


def _spec(item):
    if not isinstance(item.get("spec"), dict):
        item["spec"] = {}
    return item["spec"]


def _group(item):
    spec = _spec(item)
    if not isinstance(spec.get(LWT), dict):
        spec[LWT] = {}
    return spec[LWT]


def _strategy(item):
    spec = _spec(item)
    if not isinstance(spec.get("rolloutStrategy"), dict):
        spec["rolloutStrategy"] = {}
    return spec["rolloutStrategy"]


def _rollout(item):
    strategy = _strategy(item)
    if not isinstance(strategy.get("rollingUpdateConfiguration"), dict):
        strategy["rollingUpdateConfiguration"] = {}
    return strategy["rollingUpdateConfiguration"]


def _meta(item, key, initial):
    metadata = item.setdefault("metadata", {})
    if not isinstance(metadata.get(key), type(initial)):
        metadata[key] = initial
    return metadata[key]


def _template_of(item, random):
    group = _group(item)
    key = random.choice([k for k in ("leaderTemplate", "workerTemplate")
                         if isinstance(group.get(k), dict)]
                        or ["workerTemplate"])
    if not isinstance(group.get(key), dict):
        group[key] = {}
    if not isinstance(group[key].get("spec"), dict):
        group[key]["spec"] = {}
    return group[key]["spec"]


def _first_container(spec):
    if not spec.get("containers"):
        spec["containers"] = [{"name": "c", "image": "i"}]
    return spec["containers"][0]


def _int_or_percent(random):
    kind = random.random()
    if kind < 0.2:
        return random.choice([-1, -7, -2147483648])
    if kind < 0.4:
        return random.choice(["101%", "250%", "99999999999999999999%", "9223372036854775807%"])
    if kind < 0.5:
        return cases.odd_text(random)
    return random.choice(_INTEGERS if kind < 0.6 else _PERCENTS)


def _drop(holder, key, random):
    if random.random() < 0.5:
        holder[key] = None
    else:
        holder.pop(key, None)


def _name(item, r):
    kind = r.random()
    item["metadata"]["name"] = r.choice(_NAMES) if kind < 0.5 else cases.odd_text(r) \
        if kind < 0.7 else r.choice(["a" * 64, "n" * 100])


def _long_name(item, r):
    item["metadata"]["name"] = "n" * r.randint(46, 56)
    _group(item)["size"] = r.choice([1, 2, 4])
    _spec(item)["replicas"] = r.choice([0, 1, 10, 11, 100, 1000000])


def _generate_name(item, r):
    item["metadata"]["generateName"] = r.choice(_PREFIXES)
    if r.random() < 0.4:
        item["metadata"].pop("name", None)


def _no_name(item, r):
    _drop(item["metadata"], "name", r)


def _namespace(item, r):
    item["metadata"]["namespace"] = r.choice(["", "", None, "kube-system", "Bad", "a.b", "n" * 64,
                                              "-"])


def _generation(item, r):
    item["metadata"]["generation"] = r.choice([-1, 0, 5, -9223372036854775808])


def _label(item, r):
    _meta(item, "labels", {})[r.choice(_LABEL_KEYS)] = r.choice(_LABEL_VALUES)


def _annotation(item, r):
    _meta(item, "annotations", {})[r.choice(_LABEL_KEYS)] = r.choice([*_LABEL_VALUES,
                                                                      "text \n text", "é"])


def _large_annotation(item, r):
    _meta(item, "annotations", {})["large"] = "x" * r.choice([262130, 262139, 262140, 262150])


def _topology(item, r):
    _meta(item, "annotations", {})[r.choice([cases.SUBGROUP_EXCLUSIVE,
                                             cases.EXCLUSIVE])] = r.choice(_TOPOLOGY)


def _topology_without_policy(item, r):
    _meta(item, "annotations", {})[cases.SUBGROUP_EXCLUSIVE] = r.choice([*_TOPOLOGY, "é", None,
                                                                         "a\"b"])
    _group(item).pop("subGroupPolicy", None)


def _replicas(item, r):
    _spec(item)["replicas"] = r.choice([*_INTEGERS, -1, -2, 999999, 1000000, 1000001, 1500000,
                                        2000000, 3000000])


def _no_replicas(item, r):
    _drop(_spec(item), "replicas", r)


def _size(item, r):
    _group(item)["size"] = r.choice([*_INTEGERS, 0, 0, -1, -1, 4, 6, 9])


def _no_size(item, r):
    _drop(_group(item), "size", r)


def _product(item, r):
    _spec(item)["replicas"] = r.choice([2, 100000, 1000000, 46341])
    _group(item)["size"] = r.choice([2147, 2148, 46340, 46341, 1073741824, 2147483647])


def _max_unavailable(item, r):
    _rollout(item)["maxUnavailable"] = _int_or_percent(r)


def _max_surge(item, r):
    _rollout(item)["maxSurge"] = _int_or_percent(r)


def _both_zero(item, r):
    _rollout(item).update(maxUnavailable=r.choice([0, "0%", "1%", "49%"]),
                          maxSurge=r.choice([0, "0%", "x"]))


def _missing_limit(item, r):
    _drop(_rollout(item), r.choice(["maxUnavailable", "maxSurge"]), r)


def _partition(item, r):
    _rollout(item)["partition"] = r.choice([*_INTEGERS, -1, -5, -2])


def _no_partition(item, r):
    _drop(_rollout(item), "partition", r)


def _no_rollout(item, r):
    if r.random() < 0.4:
        _drop(_spec(item), "rolloutStrategy", r)
    else:
        _rollout(item)
        _drop(_spec(item)["rolloutStrategy"], "rollingUpdateConfiguration", r)


def _subgroup(item, r):
    policy = {"subGroupSize": r.choice([-2147483648, -3, -1, 0, 1, 2, 3, 4, 5, 7, 8, 16,
                                        2147483647])}
    if r.random() < 0.7:
        policy["subGroupPolicyType"] = r.choice(["LeaderWorker", "LeaderExcluded", "LeaderExcluded",
                                                 "", None])
    _group(item)["subGroupPolicy"] = policy


def _subgroup_divides(item, r):
    size, divisor = r.choice([(4, 2), (5, 2), (9, 4), (8, 8), (6, 5), (1, 1), (4, 3)])
    _group(item)["size"] = size
    _group(item)["subGroupPolicy"] = {"subGroupSize": divisor,
                                      "subGroupPolicyType": r.choice(["LeaderWorker",
                                                                      "LeaderExcluded"])}


def _subgroup_hole(item, r):
    policy = {"subGroupPolicyType": "LeaderWorker"}
    if r.random() < 0.5:
        policy["subGroupSize"] = None
    _group(item)["subGroupPolicy"] = policy if r.random() < 0.8 else {}


def _no_subgroup(item, r):
    _drop(_group(item), "subGroupPolicy", r)


def _network(item, r):
    _spec(item)["networkConfig"] = r.choice([
        None, {}, {"subdomainPolicy": None}, *[{"subdomainPolicy": ""}] * 5,
        {"subdomainPolicy": "Shared"}, {"subdomainPolicy": "Other"}])


def _no_network(item, r):
    _drop(_spec(item), "networkConfig", r)


def _restart_policy(item, r):
    _group(item)["restartPolicy"] = r.choice(["Default", "Default", "Default", "None", "", None,
                                              "RecreateGroupAfterStart", "Odd"])


def _no_restart_policy(item, r):
    _drop(_group(item), "restartPolicy", r)


def _rollout_type(item, r):
    _strategy(item)["type"] = r.choice(["", None, "RollingUpdate", "OnDelete"])


def _no_spec(item, r):
    _drop(item, "spec", r)


def _no_template(item, r):
    _drop(_spec(item), LWT, r)


def _own_annotations(item, r):
    key = r.choice([cases.RESTART_GRACE, cases.TERMINATION])
    _meta(item, "annotations", {})[key] = r.choice(["1", "0", "-1", "x", "", "Parallel", "parallel",
                                                    "30", None])


def _pod_restart_policy(item, r):
    _template_of(item, r)["restartPolicy"] = r.choice(["Never", "OnFailure", "Always", "", "Odd"])


def _deadline(item, r):
    _template_of(item, r)["activeDeadlineSeconds"] = r.choice([1, 0, 3600, None])


def _no_containers(item, r):
    spec = _template_of(item, r)
    if r.random() < 0.5:
        spec["containers"] = []
    else:
        _drop(spec, "containers", r)


def _tpu_leader(item, r):
    amount = r.choice(["4", "4", 4, "0", "4k"])
    key = "leaderTemplate" if isinstance(_group(item).get("leaderTemplate"), dict) else None
    spec = _group(item)[key].setdefault("spec", {}) if key else _template_of(item, r)
    _first_container(spec)["resources"] = {"limits": {cases.TPU: amount}}
    _subgroup_divides(item, r)


def _own_variable(item, r):
    name = r.choice(["LWS_LEADER_ADDRESS", "LWS_GROUP_SIZE", "LWS_WORKER_INDEX", "TPU_WORKER_ID"])
    _first_container(_template_of(item, r))["env"] = [{"name": name, "value": "x"}]


def _host_name(item, r):
    _template_of(item, r)[r.choice(["hostname", "subdomain"])] = r.choice(["h", "", "host"])


def _stays_down(item, r):
    _first_container(_template_of(item, r))["restartPolicy"] = r.choice(["Never", "Always"])


def _all_down(item, r):
    _rollout(item)["maxUnavailable"] = r.choice(["100%", 100, 4])
    _spec(item)["replicas"] = r.choice([1, 2, 4])


def _unknown_member(item, r):
    r.choice([item, _spec(item), _group(item),
              item["metadata"]])["xUnknown"] = r.choice([1, {"a": [None]}, "~/"])


def _owner(item, r):
    item["metadata"]["ownerReferences"] = [{"apiVersion": r.choice(["v1", ""]), "kind": "ConfigMap",
                                            "name": "o", "uid": r.choice(["u", ""])}]


def _finalizer(item, r):
    item["metadata"]["finalizers"] = [r.choice(["a.example.com/x", "bad finalizer",
                                                "foregroundDeletion"])]


def _deleting(item, _):
    item["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"


def _status(item, _):
    item["status"] = {"replicas": 2, "readyReplicas": 1, "conditions": []}


# Everything that can be done to a set. A rule that is hard to meet by chance stands twice.
MUTATIONS = [
    _name, _name, _name, _name, _long_name, _long_name, _generate_name, _generate_name,
    _generate_name, _no_name, _namespace, _namespace, _namespace, _generation, _generation, _label,
    _label, _annotation, _topology, _topology_without_policy, _topology_without_policy,
    _replicas, _replicas, _replicas, _replicas, _no_replicas, _size, _size, _size, _no_size,
    _product, _product, _annotation, _max_unavailable, _max_unavailable, _max_unavailable,
    _max_unavailable, _max_unavailable, _replicas, _partition, _generate_name, _generation,
    _max_surge, _max_surge, _max_surge, _max_surge, _max_surge, _both_zero, _missing_limit,
    _partition, _partition, _no_partition, _no_rollout, _subgroup, _subgroup, _subgroup_divides,
    _subgroup_divides, _subgroup_divides, _subgroup_hole, _no_subgroup, _network, _no_network,
    _restart_policy, _rollout_type, _own_annotations, _own_annotations, _own_annotations,
    _pod_restart_policy, _pod_restart_policy, _deadline, _deadline, _no_containers, _tpu_leader,
    _tpu_leader, _tpu_leader, _own_variable, _host_name, _stays_down, _all_down, _unknown_member,
    _owner, _finalizer, _deleting, _status]
RARE = [_no_spec, _no_template, _large_annotation]
DEFAULTED = [
    *[_restart_policy] * 7, _no_restart_policy, _rollout_type, _no_rollout, *[_network] * 6,
    _no_network, _no_spec, _no_template, _missing_limit, _unknown_member]
