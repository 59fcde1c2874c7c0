# SPDX-License-Identifier: Apache-2.0
"""The webhook's process by itself: thousands of idle connections, clients that misbehave, SIGTERM."""

import contextlib
import http.client
import json
import os
import pathlib
import resource
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from harness import wait_until

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LWS_BUILD", REPO / "build/release"))
PATH = "/mutate--v1-pod"
REVIEW = json.dumps({
    "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
    "request": {"uid": "u-1", "operation": "CREATE", "object": {
        "metadata": {"name": "x-0", "namespace": "n",
                     "labels": {"leaderworkerset.sigs.k8s.io/name": "x",
                                "leaderworkerset.sigs.k8s.io/worker-index": "0"},
                     "annotations": {"leaderworkerset.sigs.k8s.io/size": "2"}},
        "spec": {"containers": [{"name": "c"}]}}}}).encode()
MIB = 1024 * 1024
TCP_REPAIR = 19  # of linux/tcp.h


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Webhook:
    """One process with a certificate of its own; no cluster is needed."""

    def __init__(self, folder: pathlib.Path, **settings: object) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", folder / "tls.key",
             "-out", folder / "tls.crt"], check=True, capture_output=True)
        self.port, self.health = free_port(), free_port()
        (folder / "config.yaml").write_text(
            "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: Configuration\n"
            f"webhook: {{port: {self.port}, host: 127.0.0.1, certDir: {folder}}}\n"
            "internalCertManagement: {enable: false}\n"
            f"health: {{healthProbeBindAddress: '127.0.0.1:{self.health}'}}\n"
            "metrics: {bindAddress: '0'}\n", encoding="ascii")
        (folder / "extra.yaml").write_text(
            "apiVersion: config.lws.x-k8s.io/v1alpha1\nkind: ExtraConfiguration\n"
            f"webhook: {json.dumps(settings)}\n", encoding="ascii")
        self.process = subprocess.Popen(
            [BUILD / "webhook/lws-webhook", f"--config={folder / 'config.yaml'}",
             f"--extra-config={folder / 'extra.yaml'}"], stderr=subprocess.DEVNULL)
        wait_until("the webhook is ready", lambda: self.readiness() == 200, timeout=10)

    def readiness(self) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/readyz", timeout=5) as r:
                return r.status
        except urllib.error.HTTPError as e:
            return e.code
        except OSError:
            return 0

    def resident(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def established(self) -> int:
        """Connections as the kernel sees them at the webhook's end."""
        table = pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        return sum(line.split()[1].endswith(f":{self.port:04X}") and line.split()[3] == "01"
                   for line in table)

    def raw(self) -> socket.socket:
        s = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def tls(self) -> ssl.SSLSocket:
        return CLIENT.wrap_socket(self.raw())

    def connection(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=CLIENT)

    def answers(self) -> None:
        ask(self.connection())


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


CLIENT = client_context()


def ask(connection: http.client.HTTPSConnection, body: bytes = REVIEW) -> http.client.HTTPResponse:
    """Posts a review, and expects an AdmissionReview in the answer."""
    connection.request("POST", PATH, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.status == 200
    review = json.load(response)
    assert review["kind"] == "AdmissionReview"
    assert body is not REVIEW or (review["response"]["allowed"] and review["response"]["patch"])
    return response


@pytest.fixture
def start(tmp_path):
    running = []

    def run(**settings) -> Webhook:
        running.append(Webhook(tmp_path, **settings))
        return running[0]
    yield run
    for webhook in running:
        webhook.process.kill()
        webhook.process.wait(10)


@pytest.fixture
def many_files():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_2000_idle_connections_cost_little_and_admission_stays_fast(start, many_files):
    webhook = start()
    webhook.answers()
    bare = webhook.resident()
    count = 1999
    with contextlib.ExitStack() as held:
        for _ in range(count):
            held.enter_context(webhook.tls())
        time.sleep(2)  # after a second without a request a connection gives back its buffers
        idle = webhook.resident()
        connection = webhook.connection()
        times = []
        for _ in range(1000):
            begin = time.perf_counter()
            ask(connection)
            times.append(time.perf_counter() - begin)
        times.sort()
        p99 = times[989]
        print(f"{bare / MIB:.1f} MiB without and {idle / MIB:.1f} MiB with {count} idle connections,"
              f" {(idle - bare) / count:.0f} bytes each; p50 {times[499] * 1000:.2f} ms,"
              f" p99 {p99 * 1000:.2f} ms")
        assert idle < 120 * MIB
        assert p99 < 0.010


def rough_handling(webhook: Webhook) -> None:
    """Everything at once that a client can do wrong; each attack is over when this returns."""
    with contextlib.ExitStack() as held:
        for number in range(100):
            # Bytes that are no TLS, and TLS that ends in the middle.
            for text in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03",
                         os.urandom(200)):
                raw = held.enter_context(webhook.raw())
                with contextlib.suppress(OSError):
                    raw.sendall(text)
            # Headers and bodies that never end, promised at full length.
            slow = held.enter_context(webhook.tls())
            slow.sendall(b"POST " if number % 2 else
                         f"POST {PATH} HTTP/1.1\r\nContent-Type: application/json\r\n"
                         f"Content-Length: {7 * MIB - 1}\r\n\r\n{{".encode())
        # Requests that are no HTTP, and bytes past TLS after a handshake.
        for text in (b"\x00\xff" * 600, b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 4000):
            bad = held.enter_context(webhook.tls())
            bad.sendall(text)
            assert b" 400 " in (head := bad.recv(4096)) or b" 431 " in head
        broken = held.enter_context(webhook.tls())
        socket.socket.sendall(broken, b"\x17\x03\x03\x00\x20" + os.urandom(32))
    # Bodies that are too large, too deep, too many, and of nothing.
    for body in (b" " * (8 * MIB), b"[" * MIB, b'{"a":' * MIB, b'{"a":[' + b"0," * MIB + b"0]}",
                 b'{"' + b'":0,"'.join(b"%d" % n for n in range(200_000)) + b'":0}', b"\xff" * 1000,
                 b""):
        connection = webhook.connection()
        ask(connection, body)
        connection.close()
    webhook.answers()


def test_misbehaving_clients_leave_the_process_as_it_was(start):
    webhook = start()
    webhook.answers()
    before = webhook.resident()
    for _ in range(5):
        rough_handling(webhook)
    # Every ten seconds what many connections have freed goes back to the system.
    wait_until(f"memory back near {before / MIB:.1f} MiB",
               lambda: webhook.resident() < before + 6 * MIB, timeout=15)
    descriptors = len(os.listdir(f"/proc/{webhook.process.pid}/fd"))
    assert descriptors < 40, f"{descriptors} descriptors are open"


def test_a_client_that_trickles_its_header_is_cut(start):
    webhook = start()
    with contextlib.ExitStack() as held:
        slow = [held.enter_context(webhook.tls()) for _ in range(50)]
        begin = time.monotonic()
        open_ones = list(slow)
        while open_ones and time.monotonic() < begin + 15:
            for client in list(open_ones):
                try:
                    client.sendall(b"x")
                except OSError:
                    open_ones.remove(client)
            webhook.answers()
            time.sleep(0.25)
        assert not open_ones, f"{len(open_ones)} of 50 still write after 15 s"
        assert time.monotonic() - begin > 9


def test_a_peer_that_vanished_is_found_long_before_the_idle_deadline(start):
    webhook = start()
    connection = webhook.connection()
    ask(connection)  # idle from here on, which is allowed for two minutes
    assert webhook.established() == 1
    time.sleep(1)  # until nothing is left to be acknowledged, which a retransmission would bring out
    connection.sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    connection.sock.close()  # says nothing to the peer, like a node that lost its power
    begin = time.monotonic()
    wait_until("its end", lambda: webhook.established() == 0, timeout=40, every=0.5)
    assert time.monotonic() - begin > 5, "the peer heard of it, so this proved nothing"


def test_sigterm_fails_readiness_first_and_answers_on_until_connections_are_used(start):
    webhook = start(drainAccept="1s", drainIdle="20s")
    idle, busy = webhook.connection(), webhook.connection()
    for connection in (idle, busy):
        assert ask(connection).getheader("Connection") is None
    webhook.process.send_signal(signal.SIGTERM)
    wait_until("readiness fails", lambda: webhook.readiness() == 500, timeout=5, every=0.01)
    # Kept and new connections are answered, each for the last time.
    assert ask(busy).getheader("Connection") == "close"
    assert ask(webhook.connection()).getheader("Connection") == "close"
    time.sleep(2)
    assert webhook.process.poll() is None, "an idle connection was not waited for"
    assert webhook.readiness() == 500
    assert ask(idle).getheader("Connection") == "close"
    assert webhook.process.wait(5) == 0
