# SPDX-License-Identifier: Apache-2.0
"""Certificates and keys of one run of the cluster, made with the openssl command.

They live as long as the cluster: `down` deletes them, `up` makes new ones.
"""
import subprocess

from . import network
from .state import NODE_NAME, ClusterError

_DAYS = "3650"
_API_NAMES = (
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,"
    "DNS:kubernetes.default.svc.cluster.local,DNS:localhost,"
    f"IP:127.0.0.1,IP:{network.NODE_IP},IP:{network.API_SERVICE_IP}"
)

# (file, authority, subject, names); a certificate with names serves, one without is a client's.
# etcd has an authority of its own: what the cluster's CA signs must not open the store.
CERTIFICATES = (
    ("etcd-server", "etcd-ca", "/CN=etcd", "DNS:localhost,IP:127.0.0.1"),
    ("etcd-client", "etcd-ca", "/CN=kube-apiserver", None),
    ("apiserver", "ca", "/CN=kube-apiserver", _API_NAMES),
    ("apiserver-kubelet", "ca", "/O=lws-cluster:kubelet-clients/CN=kube-apiserver-kubelet", None),
    ("front-proxy", "front-proxy-ca", "/CN=front-proxy-client", None),
    ("kubelet-server", "ca", f"/O=system:nodes/CN=system:node:{NODE_NAME}",
     f"DNS:{NODE_NAME},IP:{network.NODE_IP},IP:127.0.0.1"),
    ("kubelet", "ca", f"/O=system:nodes/CN=system:node:{NODE_NAME}", None),
    ("controller-manager", "ca", "/CN=system:kube-controller-manager", None),
    ("scheduler", "ca", "/CN=system:kube-scheduler", None),
    ("kube-proxy", "ca", "/CN=system:kube-proxy", None),
    ("kwok", "ca", "/O=system:masters/CN=kwok", None),
    ("admin", "ca", "/O=system:masters/CN=admin", None),
)  # fmt: skip


def _openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"openssl {words[0]} failed: {done.stderr.strip()[-300:]}")


def _request(folder):
    """The words that every certificate has in common. Debian's configuration would add extensions
    of its own, so a minimal one replaces it."""
    minimal = folder / "openssl.cnf"
    if not minimal.exists():
        minimal.write_text("[req]\ndistinguished_name = name\n[name]\n")
    return [
        "req", "-x509", "-config", str(minimal), "-days", _DAYS, "-noenc",
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
    ]  # fmt: skip


def _make_authority(folder, name):
    _openssl(
        *_request(folder), "-subj", f"/CN=lws-cluster-{name}",
        "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt"),
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "subjectKeyIdentifier=hash",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
    )  # fmt: skip


def _make_certificate(folder, name, authority, subject, names):
    usage = "serverAuth,clientAuth" if names else "clientAuth"
    words = [
        *_request(folder), "-subj", subject,
        "-CA", str(folder / f"{authority}.crt"), "-CAkey", str(folder / f"{authority}.key"),
        "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt"),
        "-addext", "basicConstraints=critical,CA:FALSE",
        "-addext", "authorityKeyIdentifier=keyid",
        "-addext", "keyUsage=critical,digitalSignature",
        "-addext", f"extendedKeyUsage={usage}",
    ]  # fmt: skip
    if names:
        words += ["-addext", f"subjectAltName={names}"]
    _openssl(*words)


def make_all(folder):
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for authority in ("ca", "etcd-ca", "front-proxy-ca"):
        _make_authority(folder, authority)
    for name, authority, subject, names in CERTIFICATES:
        _make_certificate(folder, name, authority, subject, names)
    _openssl(
        "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-out", str(folder / "service-account.key"),
    )  # fmt: skip
    _openssl(
        "pkey", "-in", str(folder / "service-account.key"), "-pubout",
        "-out", str(folder / "service-account.pub"),
    )  # fmt: skip
