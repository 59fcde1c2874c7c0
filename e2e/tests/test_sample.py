# SPDX-License-Identifier: Apache-2.0
"""The vLLM sample: what a user applies, admitted by our webhook and kept by our controller."""

import hashlib
import json
import os
import pathlib
import urllib.request

import pytest
from harness import (IDLE, PREFIX, group_names, kubectl, make_set, port_forward, template,
                     wait_until)

REPO = pathlib.Path(__file__).resolve().parents[2]
LOCAL = os.environ.get("LWS_SAMPLE_OVERLAY", str(REPO / "docs/examples/vllm-local"))


@pytest.fixture
def sample(namespace):
    kubectl("-n", namespace.name, "apply", "--server-side", "-k", LOCAL)
    namespace.wait_ready("vllm", group_names("vllm", 2, 2), timeout=120)
    namespace.wait_available("vllm")
    return namespace


def complete(url: str) -> dict:
    with urllib.request.urlopen(f"{url}/v1/models", timeout=10) as response:
        model = json.load(response)["data"][0]["id"]
    request = urllib.request.Request(
        f"{url}/v1/completions",
        data=json.dumps({"model": model, "prompt": "Hello", "max_tokens": 4}).encode(),
        headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.status == 200
        return json.load(response)


def test_sample_has_the_labels_annotations_and_environment_of_the_api(sample):
    pods = sample.pods("vllm")
    keys = set()
    for name, pod in pods.items():
        group = name.split("-")[1]
        worker = name.split("-")[2] if name.count("-") == 2 else "0"
        labels, annotations = pod.metadata.labels, pod.metadata.annotations
        assert labels[PREFIX + "name"] == "vllm"
        assert labels[PREFIX + "group-index"] == group
        assert labels[PREFIX + "worker-index"] == worker
        assert labels[PREFIX + "group-key"] == hashlib.sha1(
            f"{sample.name}/vllm-{group}".encode()).hexdigest()
        keys.add(labels[PREFIX + "template-revision-hash"])
        assert annotations[PREFIX + "size"] == "2"
        assert (annotations.get(PREFIX + "leader-name") ==
                (None if worker == "0" else f"vllm-{group}"))
        assert labels.get("role") == ("leader" if worker == "0" else None)
        assert pod.spec.subdomain == "vllm"
        for container in [*pod.spec.containers, *(pod.spec.init_containers or [])]:
            first = [(e.name, e.value) for e in container.env[:3]]
            assert first == [
                ("LWS_LEADER_ADDRESS", f"vllm-{group}.vllm.{sample.name}"),
                ("LWS_GROUP_SIZE", "2"),
                ("LWS_WORKER_INDEX", worker),
            ]
    assert len(keys) == 1
    assert sample.revision_keys("vllm") == list(keys)


def test_sample_answers_a_completion_through_its_service(sample):
    with port_forward(sample.name, "svc/vllm-leader", 8080) as url:
        answer = complete(url)
    assert answer["object"] == "text_completion"
    assert "vllm-0" in json.dumps(answer) or "vllm-1" in json.dumps(answer)


def test_stored_set_is_defaulted(namespace):
    stored = namespace.apply(make_set("plain", replicas=0))
    spec = stored["spec"]
    assert spec["networkConfig"] == {"subdomainPolicy": "Shared"}
    assert spec["rolloutStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdateConfiguration": {"partition": 0, "maxUnavailable": 1, "maxSurge": 0}}
    assert spec["startupPolicy"] == "LeaderCreated"
    assert spec["leaderWorkerTemplate"]["restartPolicy"] == "RecreateGroupOnPodRestart"


def test_a_set_of_size_0_is_refused_with_the_field_path(namespace):
    body = make_set("nothing", size=0)
    refused = kubectl("-n", namespace.name, "apply", "--server-side", "-f", "-",
                      stdin=json.dumps(body), check=False)
    assert refused.returncode != 0
    assert ('admission webhook "vleaderworkerset.kb.io" denied the request: '
            "spec.leaderWorkerTemplate.size: Invalid value: 0: "
            "size must be equal or greater than 1") in refused.stderr


def test_group_members_resolve_each_other_before_either_is_ready(namespace):
    never = {"readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 1}}
    body = make_set("names", replicas=1, leaderWorkerTemplate={
        "workerTemplate": template(IDLE, **never)})
    namespace.apply(body)

    def running():
        pods = namespace.pods("names")
        return pods if (set(pods) == {"names-0", "names-0-1"} and
                        all(p.status.phase == "Running" and p.status.pod_ip
                            for p in pods.values())) else None
    pods = wait_until("both pods Running", running)
    leader, worker = pods["names-0"], pods["names-0-1"]

    def resolves(pod: str, name: str, address: str) -> bool:
        return address in namespace.exec(pod, "sh", "-c", f"nslookup {name} | tail -n +3")
    address = next(e.value for e in worker.spec.containers[0].env if e.name == "LWS_LEADER_ADDRESS")
    wait_until("the worker resolves LWS_LEADER_ADDRESS",
               lambda: resolves("names-0-1", f"{address}.svc.cluster.local", leader.status.pod_ip))
    wait_until("the worker reaches the leader by the short name as programs do",
               lambda: leader.status.pod_ip in namespace.exec(
                   "names-0-1", "sh", "-c", 'ping -c 1 -W 1 "$LWS_LEADER_ADDRESS" || true'))
    wait_until("the leader resolves its worker",
               lambda: resolves("names-0", f"names-0-1.names.{namespace.name}.svc.cluster.local",
                                worker.status.pod_ip))
    for pod in namespace.pods("names").values():
        assert not any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions)
