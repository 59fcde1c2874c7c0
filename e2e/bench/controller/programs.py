# SPDX-License-Identifier: Apache-2.0
"""The programs that are measured: prepares the cluster for them, starts them as processes beside the
API server, and ends them. Each has a user of its own, by which the audit log tells them apart."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from api import Api, ApiError

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("LWS_BUILD", ROOT / "build/release"))
NAMESPACE = "lws-system"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/b8b2488c.x-k8s.io"
SETS = "/apis/leaderworkerset.x-k8s.io/v1/leaderworkersets"
CRD = ROOT / "manifests/crd/leaderworkersets.leaderworkerset.x-k8s.io.yaml"
WEBHOOKS = ROOT / "manifests/base/webhook/configurations.yaml"
CONTROLLER_COMMAND = f"{BUILD}/controller/lws-controller --config={{config}} --kubeconfig={{kubeconfig}}"
WEBHOOK_COMMAND = f"{BUILD}/webhook/lws-webhook --config={{config}} --kubeconfig={{kubeconfig}}"


def user_of(account: str) -> str:
    return f"system:serviceaccount:{NAMESPACE}:{account}"


CONTROLLER_ACCOUNT = "lws-controller-manager"
WEBHOOK_ACCOUNT = "lws-webhook"
USERS = frozenset({user_of(CONTROLLER_ACCOUNT), user_of(WEBHOOK_ACCOUNT)})


@dataclass(frozen=True)
class Commands:
    """With {config}, {kubeconfig}, {webhook_port}, {certificates}, {health_port} and {metrics_port}
    in them. Without a command for the webhook the controller's process is the webhook, too."""

    controller: str = CONTROLLER_COMMAND
    webhook: str | None = WEBHOOK_COMMAND


def prepare_cluster(api: Api, folder: pathlib.Path) -> None:
    """Namespace, accounts, CRD, and a certificate for the webhook. May be repeated."""
    api.apply(f"/api/v1/namespaces/{NAMESPACE}",
              {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    subprocess.run(["kubectl", "apply", "--server-side", "--force-conflicts", "-f", CRD],
                   check=True, capture_output=True, timeout=120)
    wait_until("the CRD to be served", lambda: is_served(api), 60)
    for account in (CONTROLLER_ACCOUNT, WEBHOOK_ACCOUNT):
        api.apply(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}",
                  {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}})
    # The roles are not what is measured, and any controller must run.
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "lws-bench"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                    "name": "cluster-admin"},
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io",
                      "name": f"system:serviceaccounts:{NAMESPACE}"}],
    }
    api.apply("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/lws-bench", binding)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "tls.key", "-out", folder / "tls.crt"], check=True, capture_output=True)


def is_served(api: Api) -> bool:
    try:
        return "items" in api.get(SETS)
    except ApiError:
        return False


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def url_configurations(file: pathlib.Path, folder: pathlib.Path, port: int) -> list[dict]:
    """Those of a manifest, with an address of this machine in place of a Service."""
    done = subprocess.run(["kubectl", "create", "--dry-run=client", "-o", "json", "-f", file],
                          check=True, capture_output=True, text=True, timeout=60)
    authority = base64.b64encode((folder / "tls.crt").read_bytes()).decode()
    configurations = read_documents(done.stdout)
    for webhook in (w for c in configurations for w in c["webhooks"]):
        path = webhook["clientConfig"]["service"]["path"]
        webhook["clientConfig"] = {"url": f"https://127.0.0.1:{port}{path}", "caBundle": authority}
    return configurations


def apply_configuration(api: Api, configuration: dict) -> None:
    kind = configuration["kind"].lower() + "s"
    api.apply("/apis/admissionregistration.k8s.io/v1/"
              f"{kind}/{configuration['metadata']['name']}", configuration)


def register_webhooks(api: Api, folder: pathlib.Path, port: int) -> None:
    for configuration in url_configurations(WEBHOOKS, folder, port):
        apply_configuration(api, configuration)


def unregister_webhooks(api: Api) -> None:
    """So that nothing of a cluster waits for a webhook that has ended."""
    for kind in ("mutating", "validating"):
        api.delete("/apis/admissionregistration.k8s.io/v1/"
                   f"{kind}webhookconfigurations/lws-{kind}-webhook-configuration", missing_ok=True)


def read_documents(text: str) -> list[dict]:
    """JSON objects one after another, as kubectl prints several, or the items of a List."""
    decoder, at, out = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        out += value["items"] if value["kind"] == "List" else [value]
    return out


def write_kubeconfig(api: Api, account: str, path: pathlib.Path) -> None:
    token = api.create(
        f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
         "spec": {"expirationSeconds": 12 * 3600}})["status"]["token"]
    authority = base64.b64encode(api.authority).decode()
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {
            "server": api.server, "certificate-authority-data": authority}}],
        "users": [{"name": account, "user": {"token": token}}],
        "contexts": [{"name": "bench", "context": {
            "cluster": "bench", "user": account, "namespace": NAMESPACE}}],
    }), encoding="ascii")
    path.chmod(0o600)


class Program:
    """One process, with its configuration, kubeconfig and log in a folder."""

    def __init__(self, name: str, command: str, kubeconfig: pathlib.Path, folder: pathlib.Path,
                 webhook_port: int, more_configuration: str = "") -> None:
        self.name = name
        self.health_port, metrics_port = free_port(), free_port()
        config = folder / f"{name}.yaml"
        config.write_text(
            "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: Configuration\n"
            f"webhook: {{port: {webhook_port}, host: 127.0.0.1, certDir: {folder}}}\n"
            "internalCertManagement: {enable: false}\n"
            f"health: {{healthProbeBindAddress: '127.0.0.1:{self.health_port}'}}\n"
            f"metrics: {{bindAddress: '127.0.0.1:{metrics_port}'}}\n"
            f"leaderElection: {{leaderElect: true}}\n{more_configuration}", encoding="ascii")
        words = shlex.split(command.format(
            config=config, kubeconfig=kubeconfig, webhook_port=webhook_port, certificates=folder,
            health_port=self.health_port, metrics_port=metrics_port))
        self.log = folder / f"{name}.log"
        with open(self.log, "ab") as output:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=dict(os.environ, KUBECONFIG=str(kubeconfig)))
        self.pid = self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def is_ready(self) -> bool:
        if not self.is_alive():
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"{self.name} ended with {self._process.returncode}:\n{tail}")
        try:
            url = f"http://127.0.0.1:{self.health_port}/readyz"
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait_ready(self, seconds: float = 30) -> None:
        wait_until(f"{self.name} ready", self.is_ready, seconds)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def wait_until(what: str, probe, seconds: float, every: float = 0.02) -> None:
    deadline = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(every)


def lease_holder(api: Api) -> str:
    try:
        return api.get(LEASE)["spec"].get("holderIdentity", "")
    except ApiError as e:
        if e.status == 404:
            return ""
        raise


def start_webhook(api: Api, commands: Commands, folder: pathlib.Path, port: int) -> Program:
    assert commands.webhook is not None
    kubeconfig = folder / "webhook.kubeconfig"
    write_kubeconfig(api, WEBHOOK_ACCOUNT, kubeconfig)
    return Program("webhook", commands.webhook, kubeconfig, folder, port)


def start_controller(api: Api, commands: Commands, folder: pathlib.Path, port: int,
                     name: str = "controller") -> Program:
    kubeconfig = folder / "controller.kubeconfig"
    write_kubeconfig(api, CONTROLLER_ACCOUNT, kubeconfig)
    return Program(name, commands.controller, kubeconfig, folder, port)


@contextlib.contextmanager
def running(api: Api, commands: Commands, folder: pathlib.Path):
    """Yields [webhook, controller], or the one that is both: new, ready, and with the lease."""
    port = free_port()
    api.delete(LEASE, missing_ok=True)
    programs: list[Program] = []
    try:
        if commands.webhook is not None:
            programs.append(start_webhook(api, commands, folder, port))
        programs.append(start_controller(api, commands, folder, port))
        for program in programs:
            program.wait_ready()
        wait_until("the lease to be held", lambda: lease_holder(api), 30)
        register_webhooks(api, folder, port)
        yield programs
    finally:
        unregister_webhooks(api)
        for program in programs:
            program.end()
