# SPDX-License-Identifier: Apache-2.0
"""A small client of the API server for the driver: kept connections, many writes at once, and pods
followed as rows of a table, which cost the server and us a fraction of whole pods."""

from __future__ import annotations

import base64
import concurrent.futures
import http.client
import json
import pathlib
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
WRITERS = 8
KEPT_SECONDS = 30.0


class ApiError(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status


class Api:
    """One connection for each thread that calls; as the user of the current kubeconfig."""

    def __init__(self) -> None:
        done = subprocess.run(
            ["kubectl", "config", "view", "--raw", "--flatten", "--minify", "-o", "json"],
            check=True, capture_output=True, text=True)
        config = json.loads(done.stdout)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = cluster["server"]
        self.authority = base64.b64decode(cluster["certificate-authority-data"])
        self._host = urllib.parse.urlsplit(self.server)
        self._context = ssl.create_default_context(cadata=self.authority.decode())
        with tempfile.TemporaryDirectory() as folder:
            for part in ("certificate", "key"):
                text = base64.b64decode(user[f"client-{part}-data"])
                (pathlib.Path(folder) / part).write_bytes(text)
            self._context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
        self._threads = threading.local()

    def connect(self, timeout: float = 60) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            self._host.hostname, self._host.port or 443, context=self._context, timeout=timeout)

    def _kept_connection(self) -> http.client.HTTPSConnection:
        """Of this thread; a new one after a pause in which the server may have closed it."""
        kept, now = self._threads, time.monotonic()
        if now - getattr(kept, "used", -KEPT_SECONDS) >= KEPT_SECONDS:
            if hasattr(kept, "connection"):
                kept.connection.close()
            kept.connection = self.connect()
        kept.used = now
        return kept.connection

    def request(self, method: str, path: str, body: dict | None = None, kind: str = JSON) -> dict:
        """Raises ApiError for any status from 400 on."""
        connection = self._kept_connection()
        payload = None if body is None else json.dumps(body)
        try:
            connection.request(method, path, payload, {"Content-Type": kind, "Accept": JSON})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        if answer.status >= 400:
            raise ApiError(answer.status, text)
        return json.loads(text)

    def get(self, path: str) -> dict:
        return self.request("GET", path)

    def create(self, path: str, body: dict) -> dict:
        return self.request("POST", path, body)

    def apply(self, path: str, body: dict) -> dict:
        return self.request("PATCH", f"{path}?fieldManager=bench&force=true", body, APPLY)

    def delete(self, path: str, missing_ok: bool = False) -> None:
        try:
            self.request("DELETE", path)
        except ApiError as e:
            if not (missing_ok and e.status == 404):
                raise

    def create_all(self, items: Iterable[tuple[str, dict]]) -> None:
        """(path, object) of each, on several connections at once."""
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            for made in [pool.submit(self.create, path, body) for path, body in items]:
                made.result()


@dataclass(frozen=True)
class Pod:
    uid: str
    ready: bool
    revision: str


class PodTable:
    """The pods of one namespace as a watch tells them: {name: Pod}, those being deleted included.

    One thread follows; `wait` looks after each event.
    """

    def __init__(self, api: Api, namespace: str, revision_label: str) -> None:
        self._api = api
        self._path = f"/api/v1/namespaces/{namespace}/pods"
        self._revision_label = revision_label
        self._changed = threading.Condition()
        self._stop = False
        self._failure: Exception | None = None
        self.pods: dict[str, Pod] = {}
        self._connection = api.connect(timeout=None)
        # An empty namespace has nothing to list: the watch begins with what is made later.
        version = api.get(f"{self._path}?limit=1")["metadata"]["resourceVersion"]
        self._thread = threading.Thread(target=self._follow, args=(version,), daemon=True)
        self._thread.start()

    def __enter__(self) -> PodTable:
        return self

    def __exit__(self, *_) -> None:
        self._stop = True
        if self._connection.sock is not None:
            self._connection.sock.close()

    def _follow(self, version: str) -> None:
        query = urllib.parse.urlencode({
            "watch": "1", "resourceVersion": version, "includeObject": "Metadata",
            "timeoutSeconds": 3600})
        try:
            self._connection.request("GET", f"{self._path}?{query}", headers={"Accept": _TABLE})
            answer = self._connection.getresponse()
            if answer.status != 200:
                raise ApiError(answer.status, answer.read().decode())
            while not self._stop:
                line = answer.readline()
                if not line:
                    raise ConnectionError("the watch of pods ended")
                self._take(json.loads(line))
        except Exception as e:  # pylint: disable=broad-except
            with self._changed:
                self._failure = e
                self._changed.notify_all()

    def _take(self, event: dict) -> None:
        if event["type"] == "ERROR":
            raise ApiError(410, json.dumps(event["object"]))
        with self._changed:
            for row in event["object"]["rows"]:
                metadata = row["object"]["metadata"]
                if event["type"] == "DELETED":
                    self.pods.pop(metadata["name"], None)
                    continue
                _, ready, status = row["cells"][:3]
                have, _, want = ready.partition("/")
                self.pods[metadata["name"]] = Pod(
                    metadata["uid"], status == "Running" and have == want,
                    metadata.get("labels", {}).get(self._revision_label, ""))
            self._changed.notify_all()

    def wait(self, what: str, done: Callable[[dict[str, Pod]], bool], timeout: float) -> float:
        """Until `done`; the moment (time.monotonic) at which it was seen."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                if self._failure is not None:
                    raise RuntimeError(f"while waiting for {what}") from self._failure
                if done(self.pods):
                    return time.monotonic()
                if not self._changed.wait(deadline - time.monotonic()):
                    ready = sum(p.ready for p in self.pods.values())
                    raise TimeoutError(f"waited {timeout:.0f} s for {what}; "
                                       f"{len(self.pods)} pods, {ready} ready")
