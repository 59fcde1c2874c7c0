# SPDX-License-Identifier: Apache-2.0
"""What the cluster touches on the machine outside its namespaces, and how that is undone."""
import os
import pathlib
import shutil
import subprocess
import time

from . import network
from .state import CGROUP, ClusterError, read_json, write_json

_CGROUPS = pathlib.Path("/sys/fs/cgroup")
# The kubelet sets these for the whole machine.
SYSCTLS = (
    "vm.overcommit_memory",
    "vm.panic_on_oom",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.keys.root_maxkeys",
    "kernel.keys.root_maxbytes",
)
CONTROL_PLANE_COMMANDS = {
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "openssl": "openssl",
}
REQUIRED_COMMANDS = {
    **CONTROL_PLANE_COMMANDS,
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "mount": "mount",
    "conntrack": "conntrack",
}


def check_machine(state):
    """Raises with what to install or change when the cluster cannot run here."""
    if os.geteuid() != 0:
        raise ClusterError("a cluster makes namespaces, mounts and cgroups: run this as root")
    commands = REQUIRED_COMMANDS if state.has_node() else CONTROL_PLANE_COMMANDS
    missing = {pkg for cmd, pkg in commands.items() if shutil.which(cmd) is None}
    if state.has_node() and not pathlib.Path("/usr/lib/cni/bridge").exists():
        missing.add("containernetworking-plugins")
    if missing:
        raise ClusterError(f"missing Debian packages: {' '.join(sorted(missing))}")
    if state.has_node() and not pathlib.Path("/proc/sys/net/bridge").exists():
        # Loadable on a stock kernel; a kernel that has it built in shows the folder.
        subprocess.run(["modprobe", "-a", "br_netfilter", "overlay"], check=False)


def _sysctl_path(name):
    return pathlib.Path("/proc/sys", *name.split("."))


def read_sysctls():
    return {name: _sysctl_path(name).read_text().strip() for name in SYSCTLS}


def kubernetes_chains():
    """Names of the chains of kube-proxy and of the CNI plugins in the host's own tables."""
    chains = set()
    for command in ("iptables-save", "ip6tables-save"):
        if shutil.which(command) is None:
            continue
        done = subprocess.run([command], capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            if line.startswith((":KUBE-", ":CNI-")):
                chains.add(f"{command.partition('-')[0]} {line[1:].split()[0]}")
    return sorted(chains)


def remember(state):
    """Records what `restore_sysctls` and `leftovers` compare with. Call when no cluster runs."""
    before = {
        "sysctls": read_sysctls(),
        "chains": kubernetes_chains(),
        "controllers": _controllers(),
    }
    write_json(state.host_before, before)


def changed_sysctls(state):
    """{name: (before, now)} of the values that differ from those recorded at `up`."""
    before = (read_json(state.host_before) or {}).get("sysctls", {})
    now = read_sysctls()
    return {name: (value, now[name]) for name, value in before.items() if now[name] != value}


def new_chains(state):
    """Chains that were not in the host's tables at `up`."""
    before = (read_json(state.host_before) or {}).get("chains", [])
    return [chain for chain in kubernetes_chains() if chain not in before]


def restore_sysctls(state):
    for name, (before, _) in changed_sysctls(state).items():
        _sysctl_path(name).write_text(before + "\n")


def _is_unified():
    return (_CGROUPS / "cgroup.controllers").exists()


def cgroup_roots():
    """The folder of ours in each hierarchy: every controller of v1, or the one tree of v2."""
    if _is_unified():
        return [_CGROUPS / CGROUP]
    return [
        folder / CGROUP
        for folder in sorted(_CGROUPS.iterdir())
        if folder.is_dir() and not folder.is_symlink() and (folder / "cgroup.procs").exists()
    ]


def make_cgroups():
    """On v1 a new cpuset is empty, and nothing can run in it until it is given CPUs and memory. On
    v2 the kubelet wants every controller of the machine in its root."""
    for root in cgroup_roots():
        root.mkdir(exist_ok=True)
        if _is_unified():
            for controller in (_CGROUPS / "cgroup.controllers").read_text().split():
                (_CGROUPS / "cgroup.subtree_control").write_text(f"+{controller}")
            continue
        for name in ("cpuset.cpus", "cpuset.mems"):
            source = root.parent / name
            if source.exists():
                (root / name).write_text(source.read_text())


def _controllers():
    return (_CGROUPS / "cgroup.subtree_control").read_text().split() if _is_unified() else []


def _restore_controllers(state):
    before = (read_json(state.host_before) or {}).get("controllers")
    if before is None:
        return
    for controller in set(_controllers()) - set(before):
        (_CGROUPS / "cgroup.subtree_control").write_text(f"-{controller}")


def _remove_cgroup(root):
    for folder, _, _ in sorted(os.walk(root, topdown=False), key=lambda w: -w[0].count("/")):
        os.rmdir(folder)


def remove_cgroups(seconds=10):
    """Bottom up; a group whose last process has just died is busy for a moment."""
    deadline = time.monotonic() + seconds
    for root in cgroup_roots():
        while root.exists():
            try:
                _remove_cgroup(root)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ClusterError(f"cannot remove {root}: {error}") from error
                time.sleep(0.1)


def undo(state):
    """Everything but the processes: call when they have ended. A control plane alone never had
    anything on the machine, and what is there now is another cluster's."""
    link = network.link_owner()
    if link == str(state.folder) or (link is None and state.has_node()):
        network.disconnect_host()
        remove_cgroups()
        _restore_controllers(state)
        restore_sysctls(state)
    for folder in (state.run, state.data):
        if folder.exists():
            shutil.rmtree(folder)
