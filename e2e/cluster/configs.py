# SPDX-License-Identifier: Apache-2.0
"""Renders the configuration files of the components. Pure: text in, text out.

Kubernetes reads its YAML files with a parser that takes JSON, so they are written as JSON.
"""
import base64
import json

from . import builtin_images, network
from .state import CGROUP, NODE_NAME

API_URL = f"https://{network.NODE_IP}:6443"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CLUSTER_DOMAIN = "cluster.local"


def kubeconfig(pki, name):
    """A kubeconfig with everything inside, so that the file alone can be copied."""

    def encoded(file_name):
        return base64.b64encode((pki / file_name).read_bytes()).decode()

    return _text(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "lws-cluster",
                    "cluster": {
                        "server": API_URL,
                        "certificate-authority-data": encoded("ca.crt"),
                    },
                }
            ],
            "users": [
                {
                    "name": name,
                    "user": {
                        "client-certificate-data": encoded(f"{name}.crt"),
                        "client-key-data": encoded(f"{name}.key"),
                    },
                }
            ],
            "contexts": [
                {"name": "lws-cluster", "context": {"cluster": "lws-cluster", "user": name}}
            ],
            "current-context": "lws-cluster",
        }
    )


def _text(value):
    return json.dumps(value, indent=2) + "\n"


def kubelet(state):
    """cgroup driver and root: Debian's containerd cannot tell the kubelet its driver, and a machine
    on cgroup v1 needs the root made by hand. The oom and file limits of 0 and 20000 keep the
    kubelet from raising what a root without CAP_SYS_RESOURCE may not raise. Images come from no
    registry, so none may be collected, however full the disk is."""
    return _text(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True, "cacheTTL": "10s"},
                "x509": {"clientCAFile": str(state.pki / "ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(state.pki / "kubelet-server.crt"),
            "tlsPrivateKeyFile": str(state.pki / "kubelet-server.key"),
            "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{CGROUP}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "oomScoreAdj": 0,
            "maxOpenFiles": 20000,
            "maxPods": 250,
            "clusterDomain": CLUSTER_DOMAIN,
            "clusterDNS": [network.DNS_SERVICE_IP],
            "resolvConf": str(state.config / "resolv.conf"),
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "0%",
                "nodefs.inodesFree": "0%",
                "imagefs.available": "0%",
                "imagefs.inodesFree": "0%",
            },
            "crashLoopBackOff": {"maxContainerRestartPeriod": "5s"},
            "eventRecordQPS": 0,
            "volumePluginDir": str(state.data / "volume-plugins"),
        }
    )


def kube_proxy(state):
    """Zeros in conntrack: its settings belong to the machine, not to this namespace."""
    return _text(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "clusterCIDR": network.POD_RANGE,
            "hostnameOverride": NODE_NAME,
            "clientConnection": {"kubeconfig": str(state.config / "kube-proxy.kubeconfig")},
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
            "oomScoreAdj": 0,
            "iptables": {"minSyncPeriod": "200ms"},
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
        }
    )


def scheduler(state):
    return _text(
        {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "leaderElection": {"leaderElect": False},
            "clientConnection": {
                "kubeconfig": str(state.config / "scheduler.kubeconfig"),
                "qps": 200,
                "burst": 400,
            },
        }
    )


def audit_policy():
    """One line for each write that was answered; tests count them. A deletion comes with its body,
    for the UID that it was meant for. Reads of accounts in lws-system, where our programs are, are
    counted, too."""
    return _text(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived", "ResponseStarted", "Panic"],
            "rules": [
                {"level": "Request", "verbs": ["delete"]},
                {
                    "level": "Metadata",
                    "verbs": ["create", "update", "patch", "deletecollection"],
                },
                {
                    "level": "Metadata",
                    "userGroups": ["system:serviceaccounts:lws-system"],
                    "verbs": ["get", "list", "watch"],
                },
                {"level": "None"},
            ],
        }
    )


def containerd(state):
    """restrict_oom_score_adj: without CAP_SYS_RESOURCE no sandbox could lower its score.
    disable_apparmor: the runtime's profile would stay in the kernel after the cluster is gone."""
    return f"""version = 2
root = "{state.data}/containerd"
state = "/run/containerd"
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{builtin_images.PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{state.config}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
"""


def cni():
    """hairpinMode: a pod must reach itself through its own Service."""
    return _text(
        {
            "cniVersion": "1.0.0",
            "name": "lws-cluster",
            "plugins": [
                {
                    "type": "bridge",
                    "bridge": "cni0",
                    "isGateway": True,
                    "ipMasq": False,
                    "hairpinMode": True,
                    "ipam": {
                        "type": "host-local",
                        "ranges": [[{"subnet": network.NODE_POD_RANGE}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                },
                {"type": "portmap", "capabilities": {"portMappings": True}},
            ],
        }
    )


def write_all(state):
    (state.config / "cni").mkdir(parents=True, exist_ok=True)
    files = {
        "kubelet.json": kubelet(state),
        "kube-proxy.json": kube_proxy(state),
        "scheduler.json": scheduler(state),
        "audit-policy.json": audit_policy(),
        "containerd.toml": containerd(state),
        "cni/10-bridge.conflist": cni(),
        # Pods get the cluster's DNS; what they add to it must not be a resolver of the machine.
        "resolv.conf": "",
    }
    for user in ("kubelet", "kube-proxy", "controller-manager", "scheduler", "kwok"):
        files[f"{user}.kubeconfig"] = kubeconfig(state.pki, user)
    for name, text in files.items():
        (state.config / name).write_text(text)
    state.kubeconfig.write_text(kubeconfig(state.pki, "admin"))
    state.kubeconfig.chmod(0o600)
