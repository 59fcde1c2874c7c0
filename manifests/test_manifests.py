# SPDX-License-Identifier: Apache-2.0
"""What the kustomizations hold, rendered by kubectl. Needs no cluster."""

import functools
import pathlib
import subprocess

import pytest
import yaml

_HERE = pathlib.Path(__file__).resolve().parent
_REPOSITORY = _HERE.parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def _rendered(folder):
    text = subprocess.run(
        ["kubectl", "kustomize", str(_REPOSITORY / folder)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    return tuple(yaml.load_all(text, Loader=_LOADER))


def _kinds(folder):
    return [(o["kind"], o["metadata"]["name"]) for o in _rendered(folder)]


def _object(kind, name):
    found = [
        o
        for o in _rendered("manifests/default")
        if o["kind"] == kind and o["metadata"]["name"] == name
    ]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def _pod(deployment):
    return _object("Deployment", deployment)["spec"]["template"]["spec"]


def _permissions(kind, name):
    """(group/resource, names, verbs) of each rule, sorted."""
    return sorted(
        (f"{group or 'core'}/{resource}", tuple(rule.get("resourceNames", ())), tuple(sorted(rule["verbs"])))
        for rule in _object(kind, name)["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    )


_DEPLOYMENTS = ("lws-controller-manager", "lws-webhook")
_CONTROLLER_LABELS = {
    "control-plane": "controller-manager",
    "app.kubernetes.io/name": "lws",
    "app.kubernetes.io/instance": "lws",
}
_WEBHOOK_LABELS = {
    "app.kubernetes.io/name": "lws",
    "app.kubernetes.io/instance": "lws",
    "app.kubernetes.io/component": "webhook",
}


def test_deleting_the_programs_deletes_neither_the_api_nor_the_namespace():
    assert _kinds("manifests/crd") == [
        ("CustomResourceDefinition", "leaderworkersets.leaderworkerset.x-k8s.io")
    ]
    assert _kinds("manifests/namespace") == [("Namespace", "lws-system")]
    kinds = {kind for kind, _ in _kinds("manifests/default")}
    assert not kinds & {"CustomResourceDefinition", "Namespace", "LeaderWorkerSet", "Secret"}


def test_webhook_configurations_come_before_everything_else():
    kinds = [kind for kind, _ in _kinds("manifests/default")]
    assert set(kinds[:2]) == {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}


def test_objects_have_the_names_that_users_of_lws_know():
    assert set(_kinds("manifests/default")) == {
        ("MutatingWebhookConfiguration", "lws-mutating-webhook-configuration"),
        ("ValidatingWebhookConfiguration", "lws-validating-webhook-configuration"),
        ("ConfigMap", "lws-manager-config"),
        ("Service", "lws-webhook-service"),
        ("Deployment", "lws-controller-manager"),
        ("ServiceAccount", "lws-controller-manager"),
        ("ClusterRole", "lws-manager-role"),
        ("ClusterRoleBinding", "lws-manager-rolebinding"),
        ("Role", "lws-leader-election-role"),
        ("RoleBinding", "lws-leader-election-rolebinding"),
        ("Deployment", "lws-webhook"),
        ("ServiceAccount", "lws-webhook"),
        ("ClusterRole", "lws-webhook-role"),
        ("ClusterRoleBinding", "lws-webhook-rolebinding"),
        ("Role", "lws-webhook-role"),
        ("RoleBinding", "lws-webhook-rolebinding"),
    }


def test_namespaced_objects_are_in_the_namespace_of_the_bindings():
    cluster_wide = ("ClusterRole", "ClusterRoleBinding", "Configuration")
    for o in _rendered("manifests/default"):
        if not o["kind"].endswith(cluster_wide):
            assert o["metadata"]["namespace"] == "lws-system", o["metadata"]["name"]
        for subject in o.get("subjects", ()):
            assert subject["namespace"] == "lws-system"


def _webhooks(kind, name):
    return {
        w["name"]: (
            w["clientConfig"]["service"]["path"],
            [(r["apiGroups"], r["apiVersions"], r["operations"], r["resources"]) for r in w["rules"]],
        )
        for w in _object(kind, name)["webhooks"]
    }


_SETS = ["leaderworkerset.x-k8s.io"], ["v1"], ["CREATE", "UPDATE"], ["leaderworkersets"]


def test_the_mutating_webhooks_are_those_for_sets_and_for_new_pods():
    found = _webhooks("MutatingWebhookConfiguration", "lws-mutating-webhook-configuration")
    assert found == {
        "mleaderworkerset.kb.io": (
            "/mutate-leaderworkerset-x-k8s-io-v1-leaderworkerset",
            [_SETS],
        ),
        "mpod.kb.io": ("/mutate--v1-pod", [([""], ["v1"], ["CREATE"], ["pods"])]),
    }


def test_only_sets_are_validated_pods_are_not():
    found = _webhooks("ValidatingWebhookConfiguration", "lws-validating-webhook-configuration")
    assert found == {
        "vleaderworkerset.kb.io": (
            "/validate-leaderworkerset-x-k8s-io-v1-leaderworkerset",
            [_SETS],
        )
    }


def test_every_webhook_fails_closed_in_all_namespaces_and_gets_its_ca_from_the_program():
    for kind, name in (
        ("MutatingWebhookConfiguration", "lws-mutating-webhook-configuration"),
        ("ValidatingWebhookConfiguration", "lws-validating-webhook-configuration"),
    ):
        for webhook in _object(kind, name)["webhooks"]:
            assert webhook["failurePolicy"] == "Fail"
            assert webhook["sideEffects"] == "None"
            assert webhook["admissionReviewVersions"] == ["v1"]
            service = webhook["clientConfig"]["service"]
            assert (service["name"], service["namespace"]) == ("lws-webhook-service", "lws-system")
            assert "caBundle" not in webhook["clientConfig"]
            assert "namespaceSelector" not in webhook
            # Needs Kubernetes 1.30; 1.27 is promised.
            assert "matchConditions" not in webhook


def test_the_pod_webhook_asks_only_about_pods_of_sets_and_never_about_our_own():
    configuration = _object("MutatingWebhookConfiguration", "lws-mutating-webhook-configuration")
    pods = [w for w in configuration["webhooks"] if w["name"] == "mpod.kb.io"][0]
    label = "leaderworkerset.sigs.k8s.io/name"
    assert pods["objectSelector"] == {"matchExpressions": [{"key": label, "operator": "Exists"}]}
    for deployment in _DEPLOYMENTS:
        template = _object("Deployment", deployment)["spec"]["template"]
        assert label not in template["metadata"]["labels"]


def test_the_webhook_service_reaches_the_webhook_pods_and_only_them():
    service = _object("Service", "lws-webhook-service")["spec"]
    ports = [(p["port"], p["targetPort"], p["protocol"]) for p in service["ports"]]
    assert ports == [(443, 9443, "TCP")]
    labels = {
        d: _object("Deployment", d)["spec"]["template"]["metadata"]["labels"] for d in _DEPLOYMENTS
    }
    assert service["selector"].items() <= labels["lws-webhook"].items()
    assert not service["selector"].items() <= labels["lws-controller-manager"].items()
    # The Service of kubernetes-sigs/lws selects its controller's labels: not our webhook's pods.
    assert not _CONTROLLER_LABELS.items() <= labels["lws-webhook"].items()


@pytest.mark.parametrize(
    ("deployment", "labels"),
    [("lws-controller-manager", _CONTROLLER_LABELS), ("lws-webhook", _WEBHOOK_LABELS)],
)
def test_selectors_are_exact_because_they_can_never_change(deployment, labels):
    spec = _object("Deployment", deployment)["spec"]
    assert spec["selector"] == {"matchLabels": labels}
    assert labels.items() <= spec["template"]["metadata"]["labels"].items()


def test_the_controller_may_do_exactly_this():
    # A new line here is a new permission: say in the change what needs it.
    assert _permissions("ClusterRole", "lws-manager-role") == [
        ("apps/controllerrevisions", (), ("create", "delete", "get", "list", "watch")),
        ("apps/statefulsets", (), ("create", "delete", "get", "list", "patch", "watch")),
        ("core/nodes", (), ("get",)),
        ("core/pods", (), ("delete", "get", "list", "watch")),
        ("core/pods/finalizers", (), ("update",)),
        ("core/services", (), ("create", "get", "list", "watch")),
        ("events.k8s.io/events", (), ("create", "patch")),
        ("leaderworkerset.x-k8s.io/leaderworkersets", (), ("get", "list", "watch")),
        ("leaderworkerset.x-k8s.io/leaderworkersets/finalizers", (), ("update",)),
        ("leaderworkerset.x-k8s.io/leaderworkersets/status", (), ("update",)),
        ("scheduling.volcano.sh/podgroups", (), ("create", "get", "list", "watch")),
    ]
    assert _permissions("Role", "lws-leader-election-role") == [
        ("coordination.k8s.io/leases", (), ("create",)),
        ("coordination.k8s.io/leases", ("b8b2488c.x-k8s.io",), ("get", "patch")),
    ]


def test_the_webhook_may_do_exactly_this():
    assert _permissions("Role", "lws-webhook-role") == [
        ("core/secrets", (), ("create",)),
        ("core/secrets", ("lws-webhook-server-cert",), ("get", "update")),
    ]
    registration = "admissionregistration.k8s.io"
    assert _permissions("ClusterRole", "lws-webhook-role") == [
        (
            f"{registration}/mutatingwebhookconfigurations",
            ("lws-mutating-webhook-configuration",),
            ("get", "patch"),
        ),
        (
            f"{registration}/validatingwebhookconfigurations",
            ("lws-validating-webhook-configuration",),
            ("get", "patch"),
        ),
    ]


@pytest.mark.parametrize(
    ("kind", "name", "role_kind", "role", "account"),
    [
        ("ClusterRoleBinding", "lws-manager-rolebinding", "ClusterRole", "lws-manager-role", 0),
        ("RoleBinding", "lws-leader-election-rolebinding", "Role", "lws-leader-election-role", 0),
        ("ClusterRoleBinding", "lws-webhook-rolebinding", "ClusterRole", "lws-webhook-role", 1),
        ("RoleBinding", "lws-webhook-rolebinding", "Role", "lws-webhook-role", 1),
    ],
)
def test_each_program_has_its_own_account_and_only_its_own_roles(
    kind, name, role_kind, role, account
):
    binding = _object(kind, name)
    assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) == (role_kind, role)
    assert [s["name"] for s in binding["subjects"]] == [_DEPLOYMENTS[account]]
    assert _pod(_DEPLOYMENTS[account])["serviceAccountName"] == _DEPLOYMENTS[account]


@pytest.mark.parametrize("deployment", _DEPLOYMENTS)
def test_pods_are_restricted(deployment):
    pod = _pod(deployment)
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0 and security["runAsGroup"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert all("hostPath" not in volume for volume in pod["volumes"])


def test_the_namespace_enforces_the_restricted_standard():
    labels = _rendered("manifests/namespace")[0]["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"


@pytest.mark.parametrize("deployment", _DEPLOYMENTS)
def test_both_programs_read_the_one_configuration_and_are_probed(deployment):
    pod = _pod(deployment)
    (container,) = pod["containers"]
    assert container["args"] == ["--config=/controller_manager_config.yaml"]
    mounts = {m["mountPath"]: (m["name"], m["subPath"]) for m in container["volumeMounts"]}
    volumes = {v["name"]: v["configMap"]["name"] for v in pod["volumes"]}
    volume, key = mounts["/controller_manager_config.yaml"]
    assert volumes[volume] == "lws-manager-config"
    assert key in _object("ConfigMap", "lws-manager-config")["data"]
    ports = {p["name"]: p["containerPort"] for p in container["ports"]}
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        request = container[probe]["httpGet"]
        assert (request["path"], ports[request["port"]]) == (path, 8081)
    assert container["resources"].keys() == {"requests", "limits"}


def test_the_configuration_agrees_with_the_objects_beside_it():
    data = _object("ConfigMap", "lws-manager-config")["data"]
    assert list(data) == ["controller_manager_config.yaml"]
    configuration = yaml.load(data["controller_manager_config.yaml"], Loader=_LOADER)
    assert configuration["apiVersion"] == "config.lws.x-k8s.io/v1alpha1"
    assert configuration["kind"] == "Configuration"
    certificates = configuration["internalCertManagement"]
    assert certificates["enable"] is True
    assert certificates["webhookServiceName"] == "lws-webhook-service"
    secrets = _object("Role", "lws-webhook-role")["rules"][1]
    assert [certificates["webhookSecretName"]] == secrets["resourceNames"]
    assert configuration["webhook"]["port"] == 9443
    assert configuration["health"]["healthProbeBindAddress"] == ":8081"


def test_a_draining_webhook_has_time_and_a_successor():
    spec = _object("Deployment", "lws-webhook")["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    # Idle connections are kept for 95 s, what is busy then is cut 10 s later; the rest is margin.
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= 95 + 10 + 10
    [container] = spec["template"]["spec"]["containers"]
    assert "lifecycle" not in container  # there is no shell for a preStop: the process drains itself


def _differences(left, right, path=()):
    """Paths at which two values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            yield from _differences(left.get(key), right.get(key), path + (key,))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (a, b) in enumerate(zip(left, right)):
            yield from _differences(a, b, path + (index,))
    elif left != right:
        yield path


def _sample(folder):
    objects = {o["kind"]: o for o in _rendered(folder)}
    assert set(objects) == {"LeaderWorkerSet", "Service"}
    return objects


def test_the_local_sample_replaces_only_image_and_resources():
    sample, local = _sample("docs/examples/vllm"), _sample("docs/examples/vllm-local")
    assert sample["Service"] == local["Service"]
    changed = {
        path[path.index("containers") + 2]
        for path in _differences(sample["LeaderWorkerSet"], local["LeaderWorkerSet"])
    }
    assert changed == {"image", "resources"}
    text = yaml.safe_dump(local["LeaderWorkerSet"])
    assert "nvidia.com/gpu" not in text and "vllm/vllm-openai" not in text


def test_the_sample_is_two_groups_of_a_leader_and_a_worker_with_eight_gpus_each():
    objects = _sample("docs/examples/vllm")
    spec = objects["LeaderWorkerSet"]["spec"]
    template = spec["leaderWorkerTemplate"]
    assert objects["LeaderWorkerSet"]["metadata"]["name"] == "vllm"
    assert (spec["replicas"], template["size"]) == (2, 2)
    assert template["restartPolicy"] == "RecreateGroupOnPodRestart"
    leader = template["leaderTemplate"]
    assert leader["metadata"]["labels"] == {"role": "leader"}
    assert leader["spec"]["containers"][0]["readinessProbe"]["tcpSocket"] == {"port": 8080}
    for pod in (leader["spec"], template["workerTemplate"]["spec"]):
        (container,) = pod["containers"]
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "8"
        assert {"name": "dshm", "mountPath": "/dev/shm"} in container["volumeMounts"]
        assert [(v["name"], v["emptyDir"]["medium"]) for v in pod["volumes"]] == [("dshm", "Memory")]
    service = objects["Service"]
    assert service["metadata"]["name"] == "vllm-leader"
    assert service["spec"]["type"] == "ClusterIP"
    assert [p["port"] for p in service["spec"]["ports"]] == [8080]
    assert service["spec"]["selector"] == {
        "leaderworkerset.sigs.k8s.io/name": "vllm",
        "role": "leader",
    }
