# SPDX-License-Identifier: Apache-2.0
"""Where the cluster keeps its files, and the record of the one process that owns it."""
import contextlib
import fcntl
import json
import os
import pathlib
import sys
import time

# Names that the cluster gives to things of the machine.
CGROUP = "lws-cluster"
NODE_NAME = "lws-node-0"
DEFAULT_VERSION = "1.36.3"

ETCD_VERSION = "3.6.16"
COREDNS_VERSION = "1.14.7"
KWOK_VERSION = "0.8.0"


class ClusterError(Exception):
    """A failure that is told to the user in one line, without a traceback."""


def program_cache(environ=os.environ):
    """What is built once for the machine, whatever the state folder of a cluster."""
    cache = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME", "/root"), ".cache")
    return pathlib.Path(cache).absolute() / "lws-cluster"


def default_state_folder(environ=os.environ):
    return pathlib.Path(environ.get("LWS_CLUSTER_STATE") or program_cache(environ))


def process_start_time(pid):
    """Field 22 of /proc/PID/stat, or None when there is no such process or it is a zombie.

    The command name may hold spaces and parentheses, so fields are counted after its last ')'.
    """
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def write_json(path, value):
    """Replaces the file in one step: a reader sees the old text or the new one."""
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(value, indent=2) + "\n")
    os.replace(new, path)


def read_json(path, default=None):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return default


class State:
    """Paths below one folder. `run` and `data` do not outlive `down`; all else does. Programs are
    in the cache of the machine."""

    def __init__(self, folder, version=DEFAULT_VERSION, control_plane=False):
        self.folder = pathlib.Path(folder).absolute()
        self.version = version  # of Kubernetes
        self.control_plane = control_plane  # asked for, not recorded: see has_node
        self.cache = program_cache()
        self.bin = self.cache / "bin"
        self.images = self.folder / "images"
        self.run = self.folder / "run"
        self.data = self.folder / "data"
        self.pki = self.run / "pki"
        self.config = self.run / "config"
        self.logs = self.folder / "logs"
        self.owner = self.run / "owner.json"
        self.components = self.run / "components.json"
        self.host_before = self.folder / "host-before.json"
        self.kubeconfig = self.run / "admin.kubeconfig"
        self.audit_log = self.logs / "audit.log"

    def is_usual_version(self):
        return self.version == DEFAULT_VERSION

    def has_node(self):
        """Other versions have a control plane alone, for kwok nodes: not every one of their kubelets
        can be built from modules, or gets on with Debian's containerd."""
        return self.is_usual_version() and not self.control_plane

    def follow(self, owner):
        """The cluster that runs decides what it is, not the words of this call."""
        self.version = owner.get("version", self.version)
        self.control_plane = owner.get("control_plane", self.control_plane)

    def command(self, name):
        """The path of a program that `build` makes."""
        own = ["etcd", "coredns", "kwok"] + ([] if self.is_usual_version() else ["kubectl"])
        return self.bin / (name if name in own else f"kubernetes-{self.version}") / name

    def kubelet_root(self):
        return self.data / "kubelet"

    def recorded_owner(self):
        return read_json(self.owner)

    def running_owner(self):
        """The record of the owner when that very process still runs, else None."""
        owner = self.recorded_owner()
        if owner and process_start_time(owner["pid"]) == owner["start_time"]:
            return owner
        return None

    def require_owner(self):
        owner = self.running_owner()
        if owner is None:
            raise ClusterError(f"the cluster is not up (state {self.folder}); start it with `up`")
        return owner

    def lock(self):
        """One `up` or `down` of this cluster at a time."""
        return _lock(self.folder / "lock")

    def build_lock(self):
        """One build at a time: all clusters share the programs."""
        return _lock(self.cache / "build.lock")


@contextlib.contextmanager
def _lock(path):
    """Others wait and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another build, up or down to finish", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Clock:
    """Prints what was done with the seconds since the start of the command."""

    def __init__(self):
        self.start = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self.start

    def say(self, text):
        print(f"{self.elapsed():7.1f} s  {text}", flush=True)


def fail(text):
    print(f"cluster: {text}", file=sys.stderr)
    return 1
