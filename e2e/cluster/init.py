# SPDX-License-Identifier: Apache-2.0
"""PID 1 of the cluster: owns its namespaces, starts its daemons, records how each one ended.

Runs as `python3 -m cluster.init STATE node|control-plane` inside new pid, mount and network namespaces. When it is
killed the kernel ends every process in them and takes mounts, links and rules away. It never
restarts a daemon: a death is a fault that `status` reports.
"""
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import time

from . import network
from .state import State, write_json

SOCKET_NAME = "init.sock"
# Not the caller's environment: a proxy named there would get the components' own traffic.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}
_LONGEST_REQUEST = 256 * 1024


def _run(*words):
    subprocess.run(words, check=True)


def _set_sysctl(name, value):
    pathlib.Path("/proc/sys", *name.split(".")).write_text(value)


def prepare_control_plane():
    """The node's address without a link: a network of its own, in which all parts reach each other
    and nothing else."""
    _run("ip", "addr", "add", f"{network.NODE_IP}/32", "dev", "lo")
    _run("ip", "link", "set", "lo", "up")


def prepare_node(state):
    """Shared propagation is what the kubelet wants for volumes; it ends at this namespace."""
    _run("mount", "--make-rshared", "/")
    for folder in ("/run", "/var/log"):
        _run("mount", "-t", "tmpfs", "-o", "mode=755", "lws-cluster", folder)
    os.mkdir("/run/lock", 0o1777)
    binds = {
        "/var/lib/cni": state.data / "cni",
        "/var/lib/kubelet": state.kubelet_root(),
        "/var/log/pods": state.logs / "pods",
    }
    for target, source in binds.items():
        source.mkdir(parents=True, exist_ok=True)
        os.makedirs(target, exist_ok=True)
        _run("mount", "--bind", str(source), target)
    _run("ip", "link", "set", "lo", "up")
    _set_sysctl("net.ipv4.ip_forward", "1")
    _set_sysctl("net.bridge.bridge-nf-call-iptables", "1")


def describe_exit(status):
    """What waitpid said, in words."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exited with status {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


class Supervisor:
    """Starts on request, reaps everything (shims double-fork), keeps the record on disk."""

    def __init__(self, state):
        self.state = state
        self.records = {}

    def start(self, name, argv):
        """Returns the pid inside the namespace. Raises OSError when the program cannot run."""
        log = self.state.logs / f"{name}.log"
        with open(log, "ab") as output:
            process = subprocess.Popen(
                argv,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
            )
        self.records[name] = {"pid": process.pid, "log": str(log), "started": time.time()}
        # The loop reaps by pid; Popen must not believe that it has a child to wait for.
        process.returncode = 0
        self.save()
        return process.pid

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for name, record in self.records.items():
                if record["pid"] == pid and "ended" not in record:
                    record["ended"] = time.time()
                    record["exit"] = describe_exit(status)
                    print(f"{name} {record['exit']}", flush=True)
                    self.save()

    def save(self):
        write_json(self.state.components, self.records)

    def answer(self, connection):
        """One request, one answer, a line of JSON each: {"name", "argv"} -> {"pid"} or {"error"}."""
        connection.settimeout(5)
        try:
            with connection.makefile("rwb") as stream:
                request = json.loads(stream.readline(_LONGEST_REQUEST))
                try:
                    reply = {"pid": self.start(request["name"], request["argv"])}
                except OSError as error:
                    reply = {"error": str(error)}
                stream.write(json.dumps(reply).encode() + b"\n")
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"bad request: {error!r}", flush=True)


def serve(state):
    os.chdir(state.run)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    listener = socket.socket(socket.AF_UNIX)
    # A relative name: the state folder may be longer than a socket's address.
    listener.bind(SOCKET_NAME)
    listener.listen()
    supervisor = Supervisor(state)
    supervisor.save()
    while True:
        ready, _, _ = select.select([listener, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
        if listener in ready:
            connection, _ = listener.accept()
            with connection:
                supervisor.answer(connection)
        supervisor.reap()


def main(argv):
    state = State(argv[0])
    try:
        if argv[1] == "node":
            prepare_node(state)
        else:
            prepare_control_plane()
        serve(state)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"init: {error}", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
