# SPDX-License-Identifier: Apache-2.0
"""The daemons: how each one is started, and how it is asked whether it is healthy."""
import http.client
import socket
import ssl
import urllib.parse

from . import configs, network
from .state import NODE_NAME


class Component:
    """A daemon: its command line, extra environment, and the URL that says it is healthy."""

    def __init__(self, name, argv, health):
        self.name = name
        self.argv = [str(word) for word in argv]
        self.health = health


def etcd(state):
    # No fsync: the data of this cluster is thrown away with it.
    pki = state.pki
    return Component(
        "etcd",
        [
            state.command("etcd"),
            "--name=lws-cluster",
            f"--data-dir={state.data}/etcd",
            "--listen-client-urls=https://127.0.0.1:2379",
            "--advertise-client-urls=https://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--initial-advertise-peer-urls=http://127.0.0.1:2380",
            "--initial-cluster=lws-cluster=http://127.0.0.1:2380",
            "--listen-metrics-urls=http://127.0.0.1:2381",
            f"--cert-file={pki}/etcd-server.crt",
            f"--key-file={pki}/etcd-server.key",
            "--client-cert-auth",
            f"--trusted-ca-file={pki}/etcd-ca.crt",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ],
        "http://127.0.0.1:2381/health",
    )


def apiserver(state):
    pki = state.pki
    return Component(
        "kube-apiserver",
        [
            state.command("kube-apiserver"),
            "--etcd-servers=https://127.0.0.1:2379",
            f"--etcd-cafile={pki}/etcd-ca.crt",
            f"--etcd-certfile={pki}/etcd-client.crt",
            f"--etcd-keyfile={pki}/etcd-client.key",
            f"--advertise-address={network.NODE_IP}",
            "--secure-port=6443",
            f"--tls-cert-file={pki}/apiserver.crt",
            f"--tls-private-key-file={pki}/apiserver.key",
            f"--client-ca-file={pki}/ca.crt",
            f"--kubelet-certificate-authority={pki}/ca.crt",
            f"--kubelet-client-certificate={pki}/apiserver-kubelet.crt",
            f"--kubelet-client-key={pki}/apiserver-kubelet.key",
            "--kubelet-preferred-address-types=InternalIP",
            f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            f"--proxy-client-cert-file={pki}/front-proxy.crt",
            f"--proxy-client-key-file={pki}/front-proxy.key",
            f"--service-account-issuer=https://kubernetes.default.svc.{configs.CLUSTER_DOMAIN}",
            f"--service-account-key-file={pki}/service-account.pub",
            f"--service-account-signing-key-file={pki}/service-account.key",
            f"--service-cluster-ip-range={network.SERVICE_RANGE}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
            "--allow-privileged=true",
            f"--audit-policy-file={state.config}/audit-policy.json",
            f"--audit-log-path={state.audit_log}",
            # A request is in the log before its answer is out, so that tests can count at once.
            "--audit-log-mode=blocking",
            # MiB before it is renamed; the usual 100 are less than a long soak writes.
            "--audit-log-maxsize=2000",
            "--profiling=false",
        ],
        f"{configs.API_URL}/readyz",
    )


def controller_manager(state):
    config = state.config / "controller-manager.kubeconfig"
    return Component(
        "kube-controller-manager",
        [
            state.command("kube-controller-manager"),
            f"--kubeconfig={config}",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            # With the usual limits its many clients take seconds to start.
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            # Autoscalers look every 15 s otherwise, for the first time too.
            "--horizontal-pod-autoscaler-sync-period=3s",
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={state.pki}/service-account.key",
            f"--root-ca-file={state.pki}/ca.crt",
            f"--cluster-signing-cert-file={state.pki}/ca.crt",
            f"--cluster-signing-key-file={state.pki}/ca.key",
            "--profiling=false",
        ],
        "https://127.0.0.1:10257/healthz",
    )


def scheduler(state):
    config = state.config / "scheduler.kubeconfig"
    return Component(
        "kube-scheduler",
        [
            state.command("kube-scheduler"),
            f"--config={state.config}/scheduler.json",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            "--bind-address=127.0.0.1",
        ],
        "https://127.0.0.1:10259/healthz",
    )


def containerd(state):
    return Component(
        "containerd",
        ["containerd", "--config", state.config / "containerd.toml"],
        f"unix://{configs.CONTAINERD_SOCKET}",
    )


def kubelet(state):
    return Component(
        "kubelet",
        [
            state.command("kubelet"),
            f"--config={state.config}/kubelet.json",
            f"--kubeconfig={state.config}/kubelet.kubeconfig",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={network.NODE_IP}",
        ],
        "http://127.0.0.1:10248/healthz",
    )


def kube_proxy(state):
    return Component(
        "kube-proxy",
        [state.command("kube-proxy"), f"--config={state.config}/kube-proxy.json"],
        "http://127.0.0.1:10256/healthz",
    )


def kwok(state):
    return Component(
        "kwok",
        [
            state.command("kwok"),
            f"--kubeconfig={state.config}/kwok.kubeconfig",
            f"--config={state.bin}/kwok/stages.yaml",
            "--manage-all-nodes=false",
            # The real node is the kubelet's.
            "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
            "--node-lease-duration-seconds=40",
            f"--cidr={network.KWOK_POD_RANGE}",
            f"--node-ip={network.NODE_IP}",
            "--server-address=127.0.0.1:10247",
        ],
        "http://127.0.0.1:10247/healthz",
    )


ALL = {
    "etcd": etcd,
    "containerd": containerd,
    "kube-apiserver": apiserver,
    "kube-controller-manager": controller_manager,
    "kube-scheduler": scheduler,
    "kubelet": kubelet,
    "kube-proxy": kube_proxy,
    "kwok": kwok,
}


def expected(state):
    """Names of the components that a cluster of this version always has."""
    node_only = ("containerd", "kubelet", "kube-proxy")
    return [n for n in ALL if n != "kwok" and (state.has_node() or n not in node_only)]


def _probe_socket(path, owner_pid):
    # The socket is on a file system of the cluster's own; /proc leads there.
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(f"/proc/{owner_pid}/root{path}")


def _probe_http(url, authority):
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "http":
        connection = http.client.HTTPConnection(parts.netloc, timeout=3)
    else:
        # On loopback the components serve certificates that they sign themselves.
        if parts.hostname == "127.0.0.1":
            context = ssl._create_unverified_context()
        else:
            context = ssl.create_default_context(cafile=str(authority))
        connection = http.client.HTTPSConnection(parts.netloc, timeout=3, context=context)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read(2000).decode(errors="replace").strip()
        return None if answer.status == 200 else f"{url} answered {answer.status}: {body}"
    finally:
        connection.close()


def probe(component, owner_pid, authority):
    """None when healthy, else one line. Call from inside the cluster's network namespace."""
    try:
        if component.health.startswith("unix://"):
            _probe_socket(component.health.removeprefix("unix://"), owner_pid)
            return None
        return _probe_http(component.health, authority)
    except (OSError, http.client.HTTPException) as error:
        return f"{component.health}: {error}"
