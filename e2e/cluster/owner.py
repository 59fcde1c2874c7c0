# SPDX-License-Identifier: Apache-2.0
"""Starting, reaching and ending the one process that owns the cluster."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from . import init
from .state import ClusterError, process_start_time, write_json

_NAMESPACES = ("pid", "mnt", "net")


def namespaces_of(pid):
    """{kind: inode text} of a process."""
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in _NAMESPACES}


def _child_of(pid):
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def start(state):
    """Starts PID 1 in new namespaces, records it, and waits until it takes requests."""
    kind = {"version": state.version, "control_plane": state.control_plane}
    log = state.logs / "init.log"
    environment = dict(os.environ)
    environment["PYTHONPATH"] = str(pathlib.Path(__file__).resolve().parent.parent)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [
        "unshare", "-n", "-m", "-p", "--fork", "--kill-child=SIGKILL", "--mount-proc",
        "--propagation", "private", sys.executable, "-m", "cluster.init", str(state.folder),
        "node" if state.has_node() else "control-plane",
    ]  # fmt: skip
    with open(log, "ab") as output:
        launcher = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and launcher.poll() is None:
        pid = _child_of(launcher.pid)
        if pid is not None and not state.owner.exists():
            write_json(state.owner, {"pid": pid, "start_time": process_start_time(pid), **kind})
        if pid is not None and (state.run / init.SOCKET_NAME).exists():
            owner = {
                "pid": pid,
                "start_time": process_start_time(pid),
                "namespaces": namespaces_of(pid),
                **kind,
            }
            write_json(state.owner, owner)
            return owner
        time.sleep(0.02)
    launcher.kill()
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    raise ClusterError(f"the cluster's first process did not start: {tail}")


def start_component(state, component):
    """Asks the owner to start a daemon."""
    folder = os.open(state.run, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(f"/proc/self/fd/{folder}/{init.SOCKET_NAME}")
            with connection.makefile("rwb") as stream:
                request = {"name": component.name, "argv": component.argv}
                stream.write(json.dumps(request).encode() + b"\n")
                stream.flush()
                reply = json.loads(stream.readline() or "{}")
    except OSError as error:
        raise ClusterError(f"cannot ask for {component.name}: {error}") from error
    finally:
        os.close(folder)
    if "pid" not in reply:
        raise ClusterError(f"cannot start {component.name}: {reply.get('error', 'no answer')}")


def members(namespaces):
    """[(pid, command)] of all processes in the pid or mount or network namespaces given."""
    wanted = set(namespaces.values())
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if wanted & set(namespaces_of(entry.name).values()):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                found.append((int(entry.name), command.decode(errors="replace").strip()))
        except OSError:
            continue
    return found


def end(owner, seconds=30):
    """Kills the recorded process, if it is still that one, and waits until it is gone. The kernel
    lets PID 1 of a namespace go last, so all others have ended by then."""
    pid = owner["pid"]
    if process_start_time(pid) == owner["start_time"]:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + seconds
    while process_start_time(pid) == owner["start_time"]:
        if time.monotonic() > deadline:
            raise ClusterError(f"processes of the cluster did not end within {seconds} s")
        time.sleep(0.05)


def enter_command(owner, network_only):
    """The words that put a command into the cluster's namespaces."""
    words = ["nsenter", "-t", str(owner["pid"]), "-n"]
    return words if network_only else words + ["-m", "-p"]
