# SPDX-License-Identifier: Apache-2.0
"""Denials and warnings, word by word as kubectl prints them: one of each class."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from harness import IDLE, PREFIX, kubectl, make_set, template, wait_until

SUB_GROUP = "spec.leaderWorkerTemplate.SubGroupPolicy.subGroupSize"
ROLLING = "spec.rolloutStrategy.rollingUpdateConfiguration."
PERCENT = ("a valid percent string must be a numeric string followed by an ending '%' "
           "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")
DNS_1035 = ("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
            "with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',"
            "  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')")
CANNOT_START = ("pods of a StatefulSet whose name is longer than 52 characters cannot start, because "
                "their label controller-revision-hash would exceed 63 characters")


def denied(webhook: str, text: str) -> str:
    return f'admission webhook "{webhook}" denied the request: {text}\n'


def create(namespace, body: dict, *flags: str):
    return kubectl("-n", namespace.name, "create", "-f", "-", *flags, stdin=json.dumps(body),
                   check=False)


def rolling(**members: Any) -> dict:
    return {"type": "RollingUpdate", "rollingUpdateConfiguration": members}


def sub_groups(size: int | None, kind: str = "LeaderWorker") -> dict:
    policy = {"subGroupPolicyType": kind}
    return {"subGroupPolicy": policy if size is None else {**policy, "subGroupSize": size}}


def a_set(name: str = "x", replicas: int = 1, size: int = 2, **members: Any) -> dict:
    return make_set(name, replicas=replicas, size=size, **members)


def annotated(key: str, value: str) -> dict:
    return {"annotations": {PREFIX + key: value}}


TPU = {"resources": {"limits": {"google.com/tpu": "4"}}}
LONG = "a" * 51

# name: (the set, what follows "denied the request: ")
DENIED_SETS: dict[str, tuple[dict, str]] = {
    "one error stands alone": (
        a_set(size=0),
        "spec.leaderWorkerTemplate.size: Invalid value: 0: size must be equal or greater than 1"),
    "several stand in brackets": (
        a_set(size=0, rolloutStrategy=rolling(partition=-1, maxUnavailable=-2, maxSurge=1)),
        "[spec.leaderWorkerTemplate.size: Invalid value: 0: size must be equal or greater than 1, "
        f"{ROLLING}maxUnavailable: Invalid value: -2: must be greater than or equal to 0, "
        f"{ROLLING}partition: Invalid value: -1: must be greater than or equal to 0]"),
    "product": (
        a_set(replicas=1_000_000, size=3000),
        "spec.replicas: Invalid value: 1000000: the product of replicas and worker replicas must "
        "not exceed 2147483647"),
    "percent with signs": (
        a_set(rolloutStrategy=rolling(partition=0, maxUnavailable="+5%", maxSurge=1)),
        f'{ROLLING}maxUnavailable: Invalid value: "+5%": {PERCENT}'),
    "percent of neither form, in Go's JSON": (
        a_set(rolloutStrategy=rolling(partition=0, maxUnavailable=1, maxSurge="<5>")),
        f'[{ROLLING}maxSurge: Invalid value: "\\u003c5\\u003e": {PERCENT}, '
        f'{ROLLING}maxSurge: Invalid value: "\\u003c5\\u003e": invalid value]'),
    "percent over 100": (
        a_set(rolloutStrategy=rolling(partition=0, maxUnavailable="101%", maxSurge=0)),
        f'{ROLLING}maxUnavailable: Invalid value: "101%": must not be greater than 100%'),
    "both zero": (
        a_set(rolloutStrategy=rolling(partition=0, maxUnavailable=0, maxSurge=0)),
        f"{ROLLING}maxUnavailable: Invalid value: 0: must not be 0 when `maxSurge` is 0"),
    "name that is no label": (
        a_set("1.x"), f'metadata.name: Invalid value: "1.x": {DNS_1035}'),
    "name too long for its groups": (
        a_set(LONG), f'metadata.name: Invalid value: "{LONG}": must be no more than 50 characters: '
        f"the StatefulSet of group 0 would be named {LONG}-0, and {CANNOT_START}"),
    "name too long for its leaders": (
        a_set(LONG + "aa", size=1),
        f'metadata.name: Invalid value: "{LONG}aa": must be no more than 52 characters: '
        f"{CANNOT_START}"),
    "subgroups of nothing": (
        a_set(size=4, leaderWorkerTemplate={"size": 4, **sub_groups(0)}),
        f"{SUB_GROUP}: Invalid value: 0: subGroupSize must be equal or greater than 1"),
    "subgroups without a size": (
        a_set(size=4, leaderWorkerTemplate={"size": 4, **sub_groups(None)}),
        f"{SUB_GROUP}: Invalid value: null: subGroupSize must be equal or greater than 1"),
    "subgroups that do not fit": (
        a_set(leaderWorkerTemplate={"size": 5, **sub_groups(3)}),
        f"{SUB_GROUP}: Invalid value: 3: size or size - 1 must be divisible by subGroupSize"),
    "subgroups larger than the group": (
        a_set(leaderWorkerTemplate={"size": 2, **sub_groups(3)}),
        f"[{SUB_GROUP}: Invalid value: 3: size or size - 1 must be divisible by subGroupSize, "
        f"{SUB_GROUP}: Invalid value: 3: subGroupSize cannot be larger than size]"),
    "subgroups beside the leader": (
        a_set(leaderWorkerTemplate={"size": 4, **sub_groups(2, "LeaderExcluded")}),
        f"{SUB_GROUP}: Invalid value: 2: size-1 must be divisible by subGroupSize when using "
        "LeaderExcluded"),
    "topology of no subgroups": (
        a_set(metadata=annotated("subgroup-exclusive-topology", "rack")),
        f"metadata.annotations.{PREFIX}subgroup-exclusive-topology: Invalid value: "
        '"rack": cannot have subgroup-exclusive-topology without subGroupSize set'),
    "excluded leader that asks for TPUs": (
        a_set(leaderWorkerTemplate={"size": 3, "workerTemplate": template(IDLE, **TPU),
                                    **sub_groups(2, "LeaderExcluded")}),
        "spec.leaderWorkerTemplate.subGroupPolicy.subGroupPolicyType: Invalid value: "
        '"LeaderExcluded": the leader asks for google.com/tpu, but a leader outside of all '
        "subgroups gets no TPU environment and its pods would be denied: use LeaderWorker, or ask "
        "for no TPUs in the leader template"),
    "template that no StatefulSet accepts": (
        a_set(leaderWorkerTemplate={"workerTemplate": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}),
        "spec.leaderWorkerTemplate.workerTemplate.spec.restartPolicy: Unsupported value: "
        '"Never": supported values: "Always"'),
    "annotations of ours": (
        a_set(metadata={"annotations": {PREFIX + "restart-grace-period-seconds": "0",
                                        PREFIX + "pod-termination-policy": "Serial"}}),
        f"[metadata.annotations.{PREFIX}restart-grace-period-seconds: Invalid value: "
        '"0": must be a decimal number of seconds, at least 1, '
        f'metadata.annotations.{PREFIX}pod-termination-policy: Invalid value: "Serial": must be '
        "Parallel or absent]"),
}


@pytest.mark.parametrize("what", DENIED_SETS)
def test_a_denied_set_reads_as_upstream_s_denials(namespace, what):
    body, text = DENIED_SETS[what]
    refused = create(namespace, body)
    assert refused.stdout == ""
    assert refused.stderr == ('Error from server (Forbidden): error when creating "STDIN": '
                              + denied("vleaderworkerset.kb.io", text))
    assert refused.returncode == 1


def test_replicas_below_zero_never_reach_a_webhook(namespace):
    refused = create(namespace, a_set(replicas=-1))
    assert refused.stderr == (
        'The LeaderWorkerSet "x" is invalid: \n'
        "* spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal "
        "to 0\n* .spec.replicas: Invalid value: -1: should be a non-negative integer\n")


def with_sub_groups(size: int | None) -> dict:
    policy = {} if size is None else sub_groups(size)
    return a_set(replicas=0, leaderWorkerTemplate={"size": 4, **policy})


@pytest.mark.parametrize("before, after, text", [
    (2, 4, f"{SUB_GROUP}: Invalid value: 4: field is immutable"),
    (None, 2, f"{SUB_GROUP}: Invalid value: 2: cannot enable subGroupSize after the lws is already "
              "created"),
    (2, None, f"{SUB_GROUP}: Invalid value: 2: cannot remove subGroupSize after enabled"),
], ids=["change", "enable", "remove"])
def test_the_subgroup_size_is_for_life(namespace, before, after, text):
    assert create(namespace, with_sub_groups(before)).returncode == 0
    refused = kubectl("-n", namespace.name, "replace", "-f", "-",
                      stdin=json.dumps(with_sub_groups(after)), check=False)
    assert refused.stderr == ('Error from server (Forbidden): error when replacing "STDIN": '
                              + denied("vleaderworkerset.kb.io", text))


WARNED_SETS: dict[str, tuple[dict, list[str]]] = {
    "all groups down at once": (
        a_set(replicas=2, rolloutStrategy=rolling(partition=0, maxUnavailable="100%", maxSurge=0)),
        [f"{ROLLING}maxUnavailable: all 2 groups may be down at once during a rollout"]),
    "subgroups of one pod": (
        a_set(leaderWorkerTemplate={"size": 1, **sub_groups(1)}),
        ["spec.leaderWorkerTemplate.subGroupPolicy: groups of size 1 have nothing to divide"]),
    "variable and host name that are replaced": (
        a_set(leaderWorkerTemplate={"workerTemplate": {"spec": {
            "hostname": "mine", "containers": [{
                "name": "c", "image": "i", "env": [{"name": "LWS_GROUP_SIZE", "value": "9"}]}]}}}),
        ["spec.leaderWorkerTemplate.workerTemplate.spec.containers: the variable LWS_GROUP_SIZE is "
         "set by LeaderWorkerSet, the value given here is ignored",
         "spec.leaderWorkerTemplate.workerTemplate.spec.hostname: ignored, the StatefulSet sets it "
         "for each pod"]),
}


@pytest.mark.parametrize("what", WARNED_SETS)
def test_what_is_legal_and_likely_wrong_is_a_warning(namespace, what):
    body, warnings = WARNED_SETS[what]
    done = create(namespace, body, "--dry-run=server")
    assert done.stderr == "".join(f"Warning: {text}\n" for text in warnings)
    assert done.stdout == ("leaderworkerset.leaderworkerset.x-k8s.io/x created (server dry run)\n")


def a_pod(name: str | None, labels: dict[str, str], annotations: dict[str, str]) -> dict:
    named = {"generateName": "some-"} if name is None else {"name": name}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {**named,
                     "labels": {PREFIX + key: value for key, value in labels.items()},
                     "annotations": {PREFIX + key: value for key, value in annotations.items()}},
        "spec": {"containers": [{"name": "c", "image": "registry.local/none:1"}]},
    }


LEADER = {"name": "x", "worker-index": "0"}
WORKER = {"name": "x", "group-index": "0"}
SIZE = {"size": "2"}

# name: (the pod, what follows "denied the request: ", with the namespace for NS)
DENIED_PODS: dict[str, tuple[dict, str]] = {
    "no size": (a_pod("x-0", LEADER, {}),
                "size annotation is unexpectedly missing for pod x-0"),
    "size that is no integer": (a_pod("x-0", LEADER, {"size": "four"}),
                                'strconv.Atoi: parsing "four": invalid syntax'),
    "size beyond all integers": (
        a_pod("x-0", LEADER, {"size": "9223372036854775808"}),
        'strconv.Atoi: parsing "9223372036854775808": value out of range'),
    "leader without ordinal": (a_pod("leader", LEADER, SIZE),
                               "parsing pod ordinal for pod leader"),
    "worker without ordinal": (a_pod("worker", WORKER, SIZE),
                               "parsing pod ordinal for pod worker"),
    "worker without group": (
        a_pod("x-0-1", {"name": "x"}, SIZE),
        "Failure constructing environment variables, no group index label found for pod NS/x-0-1"),
}


def wait_for_service_account(namespace) -> None:
    """Before it is there the API server refuses every pod, for its own reason."""
    wait_until("the service account", lambda: namespace.cluster.core.read_namespaced_service_account(
        "default", namespace.name))


@pytest.mark.parametrize("what", DENIED_PODS)
def test_a_denied_pod_reads_as_upstream_s_denials(namespace, what):
    body, text = DENIED_PODS[what]
    wait_for_service_account(namespace)
    refused = create(namespace, body)
    assert refused.stdout == ""
    assert refused.stderr == ('Error from server (Forbidden): error when creating "STDIN": '
                              + denied("mpod.kb.io", text.replace("NS", namespace.name)))


def test_a_pod_of_no_set_meets_no_webhook(namespace):
    body = a_pod("alone", {}, {})
    wait_for_service_account(namespace)
    assert create(namespace, body, "--dry-run=server").returncode == 0


@pytest.fixture
def without_validation(namespace):
    """The validating configuration is away while the test says so, and back when it ends."""
    name = "lws-validating-webhook-configuration"
    saved = json.loads(kubectl("get", "validatingwebhookconfiguration", name, "-o", "json").stdout)
    for member in ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"):
        saved["metadata"].pop(member, None)
    away = []

    def remove() -> None:
        kubectl("delete", "validatingwebhookconfiguration", name)
        away.append(name)

    def restore() -> None:
        if away:
            # By the field manager that installed it, so that the next apply of the manifests is at
            # home.
            kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(saved))
            away.clear()

    yield remove, restore
    restore()


def refuses(namespace, body: dict) -> Callable[[], bool]:
    # An API server follows its webhook configurations by watch, so their end and return take a
    # moment.
    return lambda: create(namespace, body, "--dry-run=server").returncode != 0


def test_old_objects_that_today_s_rules_refuse_can_be_scaled_drained_and_deleted(
        namespace, without_validation):
    remove, restore = without_validation
    old = a_set("old", replicas=0, leaderWorkerTemplate={"size": 5, **sub_groups(3)})
    remove()
    wait_until("no validation", lambda: not refuses(namespace, old)())
    namespace.apply(old)
    restore()
    other = copy.deepcopy(old)
    other["metadata"]["name"] = "new"
    wait_until("validation again", refuses(namespace, other))

    def patch(spec: dict):
        return kubectl("-n", namespace.name, "patch", "lws", "old", "--type=merge", "-p",
                       json.dumps(spec), check=False)

    worse = patch({"spec": {"leaderWorkerTemplate": {"size": 8}}})
    assert worse.returncode == 1
    assert f"{SUB_GROUP}: Invalid value: 3: size or size - 1 must be divisible" in worse.stderr
    for replicas in (2, 0):
        done = patch({"spec": {"replicas": replicas}, "metadata": {"labels": {"n": str(replicas)}}})
        assert done.returncode == 0, done.stderr
        wait_until(f"{replicas} groups", lambda n=replicas: len(namespace.pods("old")) == 5 * n)
    kubectl("-n", namespace.name, "scale", "lws/old", "--replicas=1")
    wait_until("one group", lambda: len(namespace.pods("old")) == 5)
    kubectl("-n", namespace.name, "delete", "lws", "old", "--wait")
    wait_until("nothing left", lambda: not namespace.pods("old"))
