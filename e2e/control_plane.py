# SPDX-License-Identifier: Apache-2.0
"""A control plane of its own for a driver that runs inside its network: the outer half starts it and
the driver's inner half, the inner half finds its way to files and daemons."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cluster import components, owner  # noqa: E402
from cluster.state import State, process_start_time  # noqa: E402

CLUSTER = pathlib.Path(__file__).resolve().parent / "cluster/cluster"
_STATE = "LWS_CONTROL_PLANE"


def is_inside() -> bool:
    return _STATE in os.environ


def run_inside(kwok_nodes: int, script: str, arguments: list[str]) -> int:
    """Runs the script inside a control plane that is there for it alone; its exit status."""
    with tempfile.TemporaryDirectory(prefix="lws-control-plane-") as folder:
        state = ["--state", folder]
        up = [CLUSTER, "up", "--control-plane", "--kwok-nodes", str(kwok_nodes), *state]
        try:
            done = subprocess.run(up, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(done.stdout + done.stderr, file=sys.stderr)
                return 1
            words = [CLUSTER, "exec", *state, "--", sys.executable, script, *arguments]
            return subprocess.run(words, check=False, env={**os.environ, _STATE: folder}).returncode
        finally:
            subprocess.run([CLUSTER, "down", *state], check=True, stdout=subprocess.DEVNULL)


def state_folder() -> pathlib.Path:
    return pathlib.Path(os.environ[_STATE])


def audit_log() -> pathlib.Path:
    return state_folder() / "logs/audit.log"


def pid_of(component: str) -> int:
    words = [CLUSTER, "pid", component, "--state", state_folder()]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


class Ended:
    """Daemons that do not run for as long as the block does. Those that come after it have read all
    objects before they act, as after a restored backup."""

    def __init__(self, *components: str) -> None:
        self._components = components
        self._state = State(state_folder())
        self._state.follow(self._state.require_owner())

    def __enter__(self) -> Ended:
        for name in self._components:
            pid = pid_of(name)
            os.kill(pid, signal.SIGKILL)
            while process_start_time(pid) is not None:
                time.sleep(0.02)
        return self

    def __exit__(self, *_) -> None:
        for name in self._components:
            owner.start_component(self._state, components.ALL[name](self._state))
