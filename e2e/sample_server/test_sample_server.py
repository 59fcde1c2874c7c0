# SPDX-License-Identifier: Apache-2.0
"""Runs the built stand-in server as the leader and the workers of one group on loopback.

LWS_SAMPLE_SERVER names the program (default: that of build/release). The leader's name is put into an
/etc/hosts that only the servers see, which takes root.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

_BUILT = pathlib.Path(__file__).parents[2] / "build/release/e2e/sample_server/lws-sample-server"
_PROGRAM = os.environ.get("LWS_SAMPLE_SERVER") or str(_BUILT.resolve())
_DEADLINE = 15.0

_WITH_HOSTS = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"')

pytestmark = pytest.mark.skipif(
    not os.access(_PROGRAM, os.X_OK) or os.geteuid() != 0,
    reason=f"needs root and {_PROGRAM}",
)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _eventually(check, what):
    """Waits until check() is true, and returns what it returned."""
    end = time.monotonic() + _DEADLINE
    while time.monotonic() < end:
        result = check()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"not within {_DEADLINE:.0f} s: {what}")


class _Group:
    """One group on loopback; every process that is still there is killed at the end."""

    def __init__(self, size, folder):
        self.size = size
        self.hosts = folder / "hosts"
        self.hosts.write_text("127.0.0.1 vllm-3.vllm.default\n", encoding="ascii")
        self.join_port = _free_port()
        self.http_port = _free_port()
        self.processes = []

    def start(self, index):
        name = "vllm-3" if index == 0 else f"vllm-3-{index}"
        environment = {
            "PATH": os.environ["PATH"],
            "LWS_LEADER_ADDRESS": "vllm-3.vllm.default",
            "LWS_GROUP_SIZE": str(self.size),
            "LWS_WORKER_INDEX": str(index),
            "LWS_SAMPLE_POD_NAME": name,
            "LWS_SAMPLE_JOIN_PORT": str(self.join_port),
            "LWS_SAMPLE_HTTP_PORT": str(self.http_port),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
        }
        process = subprocess.Popen(
            [*_WITH_HOSTS, self.hosts, _PROGRAM, "-c", "exec vllm serve org/model"], env=environment
        )
        self.processes.append(process)
        return process

    def request(self, path, body=None, timeout=5.0):
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}", data=data)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def serving(self):
        with contextlib.suppress(OSError), socket.create_connection(
            ("127.0.0.1", self.http_port), timeout=1
        ):
            return True
        return False


@pytest.fixture(name="make_group")
def _make_group(tmp_path):
    groups = []

    def make(size):
        groups.append(_Group(size, tmp_path))
        return groups[-1]

    yield make
    for group in groups:
        for process in group.processes:
            process.kill()
            process.wait()


def test_the_leader_serves_when_all_workers_have_joined_and_names_them(make_group):
    group = make_group(3)
    group.start(0)
    group.start(1)
    time.sleep(1.5)
    assert not group.serving()
    group.start(2)
    _eventually(group.serving, "the leader serves")
    status, reply = group.request("/v1/completions", {"model": "org/model", "prompt": "hello"})
    assert status == 200
    assert reply["group"] == {"index": 3, "leader": "vllm-3", "workers": ["vllm-3-1", "vllm-3-2"]}
    status, reply = group.request("/v1/models")
    assert status == 200 and reply["data"][0]["id"] == "org/model"


def test_workers_wait_for_a_leader_that_comes_later(make_group):
    group = make_group(2)
    group.start(1)
    time.sleep(1)
    group.start(0)
    _eventually(group.serving, "the leader serves")


def test_a_worker_joins_the_next_leader(make_group):
    group = make_group(2)
    leader = group.start(0)
    group.start(1)
    _eventually(group.serving, "the first leader serves")
    leader.kill()
    leader.wait()
    group.start(0)
    _eventually(group.serving, "the second leader serves")


def test_the_leader_stops_serving_without_a_worker_and_serves_again_with_it(make_group):
    group = make_group(2)
    group.start(0)
    worker = group.start(1)
    _eventually(group.serving, "the leader serves")
    worker.kill()
    worker.wait()
    _eventually(lambda: not group.serving(), "the leader stops serving")
    group.start(1)
    _eventually(group.serving, "the leader serves again")


def test_a_leader_without_workers_serves_at_once(make_group):
    group = make_group(1)
    group.start(0)
    _eventually(group.serving, "the leader serves")
    assert group.request("/health")[0] == 200


@pytest.mark.parametrize("index", [0, 1])
def test_sigterm_ends_a_server_at_once_with_status_0(make_group, index):
    group = make_group(2)
    group.start(1 - index)
    process = group.start(index)
    _eventually(group.serving, "the leader serves")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=1) == 0


@pytest.mark.parametrize("index", [0, 1])
def test_fail_makes_a_server_exit_with_status_1(make_group, index):
    group = make_group(2)
    group.start(1 - index)
    process = group.start(index)
    _eventually(group.serving, "the leader serves")
    subprocess.run([_PROGRAM, "--fail", str(process.pid)], check=True, timeout=5)
    assert process.wait(timeout=1) == 1


def test_fail_does_not_signal_another_program():
    result = subprocess.run(
        [_PROGRAM, "--fail", str(os.getpid())], capture_output=True, text=True, timeout=5
    )
    assert result.returncode == 1
    assert "is not a sample server" in result.stderr


def test_a_pod_outside_of_a_set_is_told_so():
    result = subprocess.run(
        [_PROGRAM, "-c", "x"], capture_output=True, text=True, timeout=5, env={}
    )
    assert result.returncode == 2
    assert result.stderr.startswith("lws-sample-server: LWS_GROUP_SIZE is not set")
    assert result.stderr.count("\n") == 1


def test_a_second_leader_on_the_same_port_says_why_it_cannot_start(make_group):
    group = make_group(1)
    group.start(0)
    _eventually(group.serving, "the leader serves")
    assert group.start(0).wait(timeout=5) == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET /v1/models HTTP/1.1\r\nA: " + b"a" * 10000 + b"\r\n\r\n", b"413"),
        (b"POST /v1/completions HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", b"413"),
        (b"POST /v1/completions HTTP/1.1\r\nContent-Length: 1\r\n\r\n{", b"400"),
    ],
    ids=["not HTTP", "header", "body", "not JSON"],
)
def test_bad_requests_are_answered_and_the_server_goes_on(make_group, sent, status):
    group = make_group(1)
    group.start(0)
    _eventually(group.serving, "the leader serves")
    with socket.create_connection(("127.0.0.1", group.http_port), timeout=5) as connection:
        connection.sendall(sent)
        assert connection.recv(64).split()[1] == status
    assert group.request("/v1/models")[0] == 200


def test_garbage_on_the_join_port_joins_nobody(make_group):
    group = make_group(2)
    group.start(0)
    for garbage in (b"join \n", b"hello\n", b"\x00" * 4096, b"join \xff"):
        def connect():
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", group.join_port), timeout=5)
        with _eventually(connect, "the join port is open") as connection:
            # The leader may hang up at any moment from here on; what it must not do is answer.
            with contextlib.suppress(OSError):
                connection.sendall(garbage)
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(16) == b""
    assert not group.serving()
    group.start(1)
    _eventually(group.serving, "the leader serves")
