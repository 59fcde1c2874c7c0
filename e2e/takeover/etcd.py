# SPDX-License-Identifier: Apache-2.0
"""Puts objects where the API server keeps them, past the API: they come up with the UIDs, generations
and times that they had where they were recorded, as from a restored backup."""

from __future__ import annotations

import base64
import http.client
import json
import pathlib
import ssl

import objects

# The server takes 128 operations in one transaction.
_AT_ONCE = 100


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def put_all(entries: list[dict], certificates: pathlib.Path) -> None:
    """JSON is what the API server keeps for custom resources, and reads for its own kinds too."""
    context = ssl.create_default_context(cafile=str(certificates / "etcd-ca.crt"))
    context.load_cert_chain(certificates / "etcd-client.crt", certificates / "etcd-client.key")
    connection = http.client.HTTPSConnection("127.0.0.1", 2379, context=context, timeout=30)
    puts = [{"requestPut": {"key": _encoded(objects.etcd_key(entry)),
                            "value": _encoded(objects.go_json(entry))}} for entry in entries]
    for start in range(0, len(puts), _AT_ONCE):
        connection.request("POST", "/v3/kv/txn", json.dumps({"success": puts[start:start + _AT_ONCE]}))
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200 or not json.loads(text).get("succeeded"):
            raise RuntimeError(f"etcd refused objects: {answer.status} {text[:500]}")
    connection.close()
