# SPDX-License-Identifier: Apache-2.0
"""Finds what a cluster would have left on the machine: the check behind `down`'s promise."""
import os
import pathlib

from . import host, network


def _processes(state):
    """Processes that name the state folder: daemons and the owner all do."""
    marks = (str(state.folder / "run"), str(state.folder / "data"))
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in (os.getpid(), os.getppid()):
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        owns = "-m cluster.init " + str(state.folder) in command
        if owns or any(mark in command for mark in marks):
            yield f"process {entry.name}: {command.strip()[:120]}"


def _mounts(state):
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        target = fields[4]
        if target.startswith(str(state.folder)) or "lws-cluster" in fields[-3:]:
            yield f"mount {target}"


def _named_namespaces():
    folder = pathlib.Path("/run/netns")
    if folder.is_dir():
        for entry in sorted(folder.iterdir()):
            if entry.name.startswith("cni-"):
                yield f"network namespace {entry}"


def find(state):
    """One line for each thing; empty when the machine is as it was."""
    lines = list(_processes(state))
    lines += [f"folder {folder}" for folder in (state.run, state.data) if folder.exists()]
    # What a node has on the machine is another cluster's while that one has the link.
    ours = network.link_owner() in (None, str(state.folder))
    return lines + (_of_a_node(state) if ours else [])


def _of_a_node(state):
    lines = list(_mounts(state)) + list(_named_namespaces())
    lines += [f"cgroup {root}" for root in host.cgroup_roots() if root.exists()]
    if network.link_owner() is not None:
        lines.append(f"link {network.HOST_LINK} of {network.link_owner()}")
    lines += [f"route {route}" for route in network.leftover_routes()]
    lines += [f"sysctl {n}: was {b}, is {a}" for n, (b, a) in host.changed_sysctls(state).items()]
    lines += [f"firewall chain {chain}" for chain in host.new_chains(state)]
    return lines
