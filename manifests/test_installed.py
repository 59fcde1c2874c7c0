# SPDX-License-Identifier: Apache-2.0
"""The API and the manifests on a cluster where both are installed: KUBECONFIG names it."""

import json
import os
import pathlib
import subprocess
import time
import uuid

import pytest
import yaml

_REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
_GENERATOR = _REPOSITORY / "manifests/crd/generator/generate.py"

pytestmark = pytest.mark.skipif("KUBECONFIG" not in os.environ, reason="KUBECONFIG is not set")


def _kubectl(*arguments, text=None, check=True):
    return subprocess.run(
        ["kubectl", *arguments], input=text, check=check, capture_output=True, text=True, timeout=60
    )


@pytest.fixture(name="namespace")
def _namespace():
    name = f"api-{uuid.uuid4().hex[:8]}"
    _kubectl("create", "namespace", name)
    yield name
    _kubectl("delete", "namespace", name, "--wait=false")


def _set(namespace, **container):
    container = {"name": "main", "image": "registry.local/busybox:1", **container}
    worker = {"spec": {"containers": [container]}}
    return json.dumps(
        {
            "apiVersion": "leaderworkerset.x-k8s.io/v1",
            "kind": "LeaderWorkerSet",
            "metadata": {"name": "x", "namespace": namespace},
            "spec": {"replicas": 0, "leaderWorkerTemplate": {"workerTemplate": worker}},
        }
    )


def _stored(namespace):
    return json.loads(_kubectl("get", "lws", "x", "-n", namespace, "-o", "json").stdout)


def test_explain_describes_fields_inside_templates():
    path = "lws.spec.leaderWorkerTemplate.workerTemplate.spec.containers"
    # The API server publishes the schema of a CRD some time after it serves the resource.
    deadline = time.monotonic() + 60
    result = _kubectl("explain", path, check=False)
    while result.returncode != 0 and time.monotonic() < deadline:
        time.sleep(0.5)
        result = _kubectl("explain", path, check=False)
    assert "List of containers belonging to the pod" in result.stdout, result.stderr


def test_an_unknown_field_inside_a_template_is_refused_with_its_path(namespace):
    result = _kubectl(
        "create", "-f", "-", "--validate=strict", text=_set(namespace, imagee="y"), check=False
    )
    assert result.returncode != 0
    expected = 'unknown field "spec.leaderWorkerTemplate.workerTemplate.spec.containers[0].imagee"'
    assert expected in result.stderr


def test_stored_sets_get_the_defaults_of_the_released_api_and_no_others(namespace):
    _kubectl("create", "-f", "-", text=_set(namespace, ports=[{"containerPort": 80}]))
    spec = _stored(namespace)["spec"]
    template = spec["leaderWorkerTemplate"]
    assert spec["replicas"] == 0
    assert spec["startupPolicy"] == "LeaderCreated"
    assert template["size"] == 1
    assert template["restartPolicy"] == "RecreateGroupOnPodRestart"
    container = template["workerTemplate"]["spec"]["containers"][0]
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert "imagePullPolicy" not in container and "terminationMessagePath" not in container


def test_the_scale_subresource_changes_the_number_of_groups(namespace):
    _kubectl("create", "-f", "-", text=_set(namespace))
    _kubectl("scale", "lws/x", "-n", namespace, "--replicas=1")
    assert _stored(namespace)["spec"]["replicas"] == 1
    path = f"/apis/leaderworkerset.x-k8s.io/v1/namespaces/{namespace}/leaderworkersets/x/scale"
    scale = json.loads(_kubectl("get", "--raw", path).stdout)
    assert scale["spec"]["replicas"] == 1


@pytest.mark.parametrize("replicas", ["-1", "1000001"])
def test_the_schema_bounds_replicas_where_no_webhook_looks(namespace, replicas):
    _kubectl("create", "-f", "-", text=_set(namespace))
    patch = json.dumps({"spec": {"replicas": int(replicas)}})
    result = _kubectl(
        "patch", "lws", "x", "-n", namespace, "--subresource=scale", "--type=merge", "-p", patch,
        check=False,
    )
    assert result.returncode != 0 and "spec.replicas" in result.stderr
    assert _stored(namespace)["spec"]["replicas"] == 0


def test_kubectl_get_shows_the_columns(namespace):
    _kubectl("create", "-f", "-", text=_set(namespace))
    header = _kubectl("get", "lws", "-n", namespace).stdout.splitlines()[0].split()
    assert header == ["NAME", "READY", "DESIRED", "UP-TO-DATE", "AGE"]


@pytest.mark.parametrize("folder", ["namespace", "default"])
def test_manifests_pass_the_strict_dry_run_of_the_api_server(folder):
    _kubectl(
        "apply", "-k", str(_REPOSITORY / "manifests" / folder), "--server-side",
        "--force-conflicts", "--dry-run=server", "--validate=strict",
    )


@pytest.mark.parametrize("folder", ["vllm", "vllm-local"])
def test_the_samples_pass_the_strict_dry_run_of_the_api_server(namespace, folder):
    _kubectl(
        "apply", "-k", str(_REPOSITORY / "docs/examples" / folder), "-n", namespace,
        "--dry-run=server", "--validate=strict",
    )


def test_the_checked_in_crd_is_what_this_api_server_gives(tmp_path):
    # Another version of Kubernetes has other types; the checked-in CRD was made from this one.
    version = json.loads(_kubectl("version", "-o", "json").stdout)["serverVersion"]["gitVersion"]
    if version != "v1.36.3":
        pytest.skip(f"the API server is {version}")
    dump = tmp_path / "core-v1.json"
    dump.write_text(_kubectl("get", "--raw", "/openapi/v3/api/v1").stdout, encoding="utf-8")
    result = subprocess.run([_GENERATOR, "--check", dump], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_a_restricted_namespace_accepts_the_pods_of_both_programs():
    rendered = _kubectl("kustomize", str(_REPOSITORY / "manifests/default")).stdout
    for document in yaml.safe_load_all(rendered):
        if document["kind"] != "Deployment":
            continue
        template = document["spec"]["template"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "probe", "namespace": "lws-system"},
            "spec": template["spec"],
        }
        _kubectl("create", "-f", "-", "--dry-run=server", text=json.dumps(pod))
