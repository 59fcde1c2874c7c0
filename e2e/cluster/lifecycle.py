# SPDX-License-Identifier: Apache-2.0
"""`up` and `down`: the order in which the cluster comes and goes."""
import json
import pathlib
import shutil
import string
import subprocess

from . import (
    builtin_images,
    components,
    configs,
    health,
    host,
    kwok_nodes,
    network,
    owner as ownership,
    pki,
    tools,
)
from .state import NODE_NAME, Clock, ClusterError, write_json

_ADDONS = pathlib.Path(__file__).resolve().parent / "addons"
_ARCHIVE_SECONDS = 120


def ctr(owner, *words, stdin=None):
    """Runs containerd's client where its socket is; the archive comes by stdin, because the
    cluster does not see every folder of the host."""
    command = ownership.enter_command(owner, network_only=False)
    command += ["ctr", "--address", configs.CONTAINERD_SOCKET, "-n", "k8s.io", *words]
    done = subprocess.run(
        command, stdin=stdin, capture_output=True, text=True, check=False, timeout=_ARCHIVE_SECONDS
    )
    if done.returncode != 0:
        raise ClusterError(f"ctr {' '.join(words)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def load_image(owner, archive):
    """Returns containerd's words about what it imported."""
    with open(archive, "rb") as stream:
        return ctr(owner, "images", "import", "-", stdin=stream)


def _start(state, owner, component, clock):
    ownership.start_component(state, component)
    health.wait_until_healthy(state, owner, component, clock)


def _bring_up(state, owner, clock):
    """From an empty network to a cluster that takes pods. Runs inside the network."""
    ownership.start_component(state, components.etcd(state))
    # The API server waits for etcd by itself; the node's images load while it starts.
    ownership.start_component(state, components.apiserver(state))
    if state.has_node():
        _start(state, owner, components.containerd(state), clock)
        for archive in builtin_images.archives(state):
            load_image(owner, archive)
        clock.say("images are loaded")
    health.wait_until_healthy(state, owner, components.etcd(state), clock)
    health.wait_until_healthy(state, owner, components.apiserver(state), clock)
    makers = [components.controller_manager, components.scheduler]
    if state.has_node():
        makers += [components.kubelet, components.kube_proxy]
    later = [make(state) for make in makers]
    for component in later:
        ownership.start_component(state, component)
    if state.has_node():
        _apply_addons(state)
    for component in later:
        health.wait_until_healthy(state, owner, component, clock)
    if state.has_node():
        _wait_for_node(state, clock)
    _wait(state, "create", "serviceaccount/default", "-n", "default")
    return 0


def _apply_addons(state):
    addon = string.Template((_ADDONS / "coredns.yaml").read_text()).substitute(
        coredns_image=builtin_images.COREDNS, dns_ip=network.DNS_SERVICE_IP
    )
    health.kubectl(state, "apply", "-f", "-", text=addon)
    _let_api_server_reach_kubelet(state)


def _wait_for_node(state, clock):
    _wait(state, "create", f"node/{NODE_NAME}")
    _wait(state, "condition=Ready", f"node/{NODE_NAME}")
    clock.say(f"node {NODE_NAME} is Ready")
    _wait(state, "condition=Available", "deployment/coredns", "-n", "kube-system")
    clock.say("cluster DNS answers")


def _let_api_server_reach_kubelet(state):
    """For logs, exec and port-forward; no default role binding grants it."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "lws-cluster:kubelet-clients"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "system:kubelet-api-admin",
        },
        "subjects": [
            {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Group",
                "name": "lws-cluster:kubelet-clients",
            }
        ],
    }
    health.kubectl(state, "apply", "-f", "-", text=json.dumps(binding))


def _wait(state, condition, *words, seconds=120):
    health.kubectl(
        state, "wait", f"--for={condition}", f"--timeout={seconds}s", *words, timeout=seconds + 10
    )


def _add_kwok_nodes(state, owner, count, clock):
    """Adds what is missing up to `count` nodes; never removes one. Runs inside the network."""
    if "kwok" not in health.records_of(state):
        _start(state, owner, components.kwok(state), clock)
    nodes = json.dumps(kwok_nodes.node_list(count))
    health.kubectl(state, "apply", "--server-side", "-f", "-", text=nodes)
    _wait(state, "condition=Ready", "node", "-l", "type=kwok")
    clock.say(f"{count} kwok nodes are Ready")
    return 0


def _prepare_folders(state):
    """Keeps the logs of the run before: a fault is often looked into after the next start."""
    previous = state.folder / "logs.previous"
    if state.logs.exists():
        shutil.rmtree(previous, ignore_errors=True)
        state.logs.rename(previous)
    for folder in (state.run, state.data, state.logs, state.data / "etcd"):
        folder.mkdir(parents=True, exist_ok=True)
    (state.data / "etcd").chmod(0o700)


def _begin(state, clock):
    """The half of `up` that happens on the host. Returns the owner."""
    _prepare_folders(state)
    if state.has_node():
        host.remember(state)
    pki.make_all(state.pki)
    configs.write_all(state)
    owner = ownership.start(state)
    if state.has_node():
        network.connect_host(owner["pid"], state.folder)
        host.make_cgroups()
    clock.say(f"namespaces and certificates are made (owner pid {owner['pid']})")
    return owner


def build(state, clock):
    """Programs, and for a real node its images: what is there already is left alone."""
    with state.build_lock():
        tools.build_all(state, clock)
    if state.has_node():
        builtin_images.make_all(state, clock)


def _check_running(state, owner):
    """Raises when the cluster that runs cannot be taken as it is."""
    if owner.get("version") != state.version:
        raise ClusterError(
            f"version {owner.get('version')} is up, not {state.version}: run `down` first"
        )
    if owner.get("control_plane", False) != state.control_plane:
        kind = "without" if owner.get("control_plane") else "with"
        raise ClusterError(f"a cluster {kind} a node is up in {state.folder}: run `down` first")
    if health.inside(owner, lambda: health.print_status(state, owner)) != 0:
        raise ClusterError("the cluster is up but not healthy: run `down`, then `up`")


def up(state, kwok_count):
    """Idempotent. Leaves a healthy cluster, or no cluster and the logs of why."""
    host.check_machine(state)
    clock = Clock()
    build(state, clock)
    owner = state.running_owner()
    if owner and owner.get("complete"):
        _check_running(state, owner)
        print("the cluster is up already")
    else:
        _clear_the_way(state)
        try:
            owner = _begin(state, clock)
            if health.inside(owner, lambda: _bring_up(state, owner, clock)) != 0:
                raise ClusterError(f"the cluster did not come up; logs: {state.logs}")
            write_json(state.owner, {**owner, "complete": True})
        except BaseException:
            down(state)
            raise
    if kwok_count:
        if health.inside(owner, lambda: _add_kwok_nodes(state, owner, kwok_count, clock)) != 0:
            raise ClusterError("the kwok nodes did not become Ready")
    clock.say(f"up; kubeconfig {state.kubeconfig}")


def _clear_the_way(state):
    if not state.has_node():
        if state.recorded_owner():
            print("removing what is left of a cluster that was cut off without `down`")
            down(state)
        return
    other = network.link_owner()
    if other not in (None, str(state.folder)):
        raise ClusterError(f"this machine runs another cluster, its state is {other}")
    if state.recorded_owner() or other:
        print("removing what is left of a cluster that was cut off without `down`")
        down(state)
    network.check_ranges_are_free()


def down(state):
    """Ends every process of the cluster and undoes what it did to the machine. Idempotent."""
    owner = state.running_owner()
    if owner:
        ownership.end(owner)
        for pid, command in ownership.members({"net": owner.get("namespaces", {}).get("net")}):
            # Not ours to end; it keeps an empty network alive, and nothing else.
            print(f"still in the cluster's network: process {pid}, {command[:100]}")
    host.undo(state)
