# SPDX-License-Identifier: Apache-2.0
"""Whether the cluster is well, and if not, which part of it is not and what it said last."""
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from . import components, network, owner as ownership
from .state import NODE_NAME, ClusterError, read_json

_TAIL_LINES = 8
_PR_SET_PDEATHSIG = 1


def log_tail(path, lines=_TAIL_LINES):
    try:
        text = pathlib.Path(path).read_bytes()[-16384:].decode(errors="replace")
    except OSError as error:
        return [str(error)]
    return text.splitlines()[-lines:]


def death(records, name):
    """One line when INIT recorded that the daemon ended, else None."""
    record = records.get(name, {})
    if "ended" not in record:
        return None
    when = time.strftime("%H:%M:%S", time.localtime(record["ended"]))
    return f"{record['exit']} at {when}"


def records_of(state):
    return read_json(state.components, {})


def inside(owner, function):
    """Runs `function` in a child that is in the cluster's network; returns its result, 0 to 255.

    A child, because this process still has things to do (and undo) on the host. It ends with its
    parent, even a killed one: it holds the lock.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            network.enter_network(owner["pid"])
            status = function()
        except ClusterError as error:
            print(f"cluster: {error}", file=sys.stderr)
        except KeyboardInterrupt:
            status = 130
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        raise


def kubectl(state, *words, text=None, timeout=120):
    """Runs kubectl as admin, from inside the network; returns its output or raises its error."""
    try:
        done = subprocess.run(
            [str(state.command("kubectl")), f"--kubeconfig={state.kubeconfig}", *words],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"kubectl {' '.join(words)}: no answer in {timeout} s") from error
    if done.returncode != 0:
        raise ClusterError(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def wait_until_healthy(state, owner, component, clock, seconds=180):
    """Returns when the daemon is healthy; raises with its last words when it ends, which is seen at
    once, or takes longer than on any busy machine."""
    deadline = time.monotonic() + seconds
    while True:
        problem = components.probe(component, owner["pid"], state.pki / "ca.crt")
        if problem is None:
            clock.say(f"{component.name} is healthy")
            return
        ended = death(records_of(state), component.name)
        if ended or time.monotonic() > deadline:
            tail = "\n    ".join(log_tail(state.logs / f"{component.name}.log"))
            raise ClusterError(
                f"{component.name} {ended or f'not healthy in {seconds} s: {problem}'}\n    {tail}"
            )
        time.sleep(0.05)


def _object_problems(state):
    """What the API says about the node and the cluster's DNS."""
    problems = {}
    node = json.loads(kubectl(state, "get", "node", NODE_NAME, "-o", "json", timeout=10))
    ready = [c for c in node["status"].get("conditions", []) if c["type"] == "Ready"]
    if not ready or ready[0]["status"] != "True":
        problems[f"node {NODE_NAME}"] = ready[0]["message"] if ready else "has no Ready condition"
    words = ("get", "deployment", "coredns", "-n", "kube-system", "-o", "json")
    dns = json.loads(kubectl(state, *words, timeout=10))
    if not dns["status"].get("availableReplicas"):
        problems["cluster DNS"] = "Deployment coredns has no available pod"
    return problems


def problems(state, owner):
    """{part: one line} of what is wrong; call from inside the network."""
    records = records_of(state)
    found = {}
    for name in records:
        line = death(records, name) or components.probe(
            components.ALL[name](state), owner["pid"], state.pki / "ca.crt"
        )
        if line:
            found[name] = line
    missing = [name for name in components.expected(state) if name not in records]
    found.update({name: "was never started" for name in missing})
    if "kube-apiserver" not in found and state.has_node():
        try:
            found.update(_object_problems(state))
        except ClusterError as error:
            found["API"] = str(error)
    return found


def print_status(state, owner):
    """Prints one line for each part and the last words of those that are not well; 0 or 1."""
    found = problems(state, owner)
    records = records_of(state)
    for name in records:
        pid = host_pid(owner, records[name]["pid"]) if name not in found else None
        print(f"{name:26}{found.get(name) or f'healthy, pid {pid}'}")
    for name in found.keys() - records.keys():
        print(f"{name:26}{found[name]}")
    for name in found.keys() & records.keys():
        print(f"\nlast lines of {records[name]['log']}:", file=sys.stderr)
        print("    " + "\n    ".join(log_tail(records[name]["log"])), file=sys.stderr)
    if found:
        print(f"\nNOT HEALTHY: {', '.join(sorted(found))}", file=sys.stderr)
    return 1 if found else 0


def host_pid(owner, inner_pid):
    """The pid by which the host knows a process of the cluster's own pid namespace, or None."""
    for pid, _ in ownership.members({"pid": owner["namespaces"]["pid"]}):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        for line in status.splitlines():
            if line.startswith("NSpid:") and line.split()[-1] == str(inner_pid):
                return pid
    return None
