# SPDX-License-Identifier: Apache-2.0
"""A group that crashes again and again, on the real node, for some minutes: how often and when it is
recreated, what lived beside a restarted container, and how soon a mended template runs."""

from __future__ import annotations

import argparse
import contextlib
import json
import time

from crash_loop import crashing_set, incarnations, longest_beside_restarted, mended
from failures import DEPLOYMENT, Writes
from harness import Cluster, Namespace, group_names, kubectl, wait_until
from recording import Recording

NAME, SIZE = "loop", 3
SETTINGS = """apiVersion: config.lws.x-k8s.io/v1alpha1
kind: ExtraConfiguration
controller: {recreationBackoff: {first: 0s}}
"""
MOST_RECREATIONS = 5
LEAST_RECREATIONS = 4
BESIDE = 2.0
MENDED_WITHIN = 30.0


@contextlib.contextmanager
def backoff_off():
    """Gives the controller the file of our own, and takes it back."""
    system = ("-n", "lws-system")
    old = json.loads(kubectl("get", *DEPLOYMENT, "-o", "json").stdout)["spec"]["template"]["spec"]
    container = old["containers"][0]
    patch = {"spec": {"template": {"spec": {
        "containers": [{"name": container["name"],
                        "args": [*container["args"], "--extra-config=/extra/extra.yaml"],
                        "volumeMounts": [{"name": "extra", "mountPath": "/extra"}]}],
        "volumes": [{"name": "extra", "configMap": {"name": "lws-recovery-bench"}}]}}}}
    kubectl(*system, "create", "configmap", "lws-recovery-bench", f"--from-literal=extra.yaml={SETTINGS}")
    try:
        kubectl("patch", *DEPLOYMENT, "-p", json.dumps(patch))
        kubectl("rollout", "status", *DEPLOYMENT, "--timeout=90s", timeout=100)
        yield
    finally:
        kubectl("rollout", "undo", *DEPLOYMENT)
        kubectl("rollout", "status", *DEPLOYMENT, "--timeout=90s", timeout=100)
        kubectl(*system, "delete", "configmap", "lws-recovery-bench")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="recovery crash-loop")
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--without-backoff", action="store_true")
    return parser.parse_args(arguments)


def follow(space: Namespace, seconds: float) -> tuple[list, int, float, float]:
    """Incarnations, recreations, the longest time beside a restarted container, and how long the
    mended template took."""
    body, writes = crashing_set(NAME, 1, SIZE, "*/1"), Writes(space.name)
    with Recording(space) as recording:
        space.apply(body)
        time.sleep(seconds)
        recreations = writes.deletions(f"{NAME}-0")
        changes = recording.pods_of(NAME)
        began = time.monotonic()
        key = space.revision_keys(NAME)
        space.apply(mended(body))
        wait_until("another revision", lambda: space.revision_keys(NAME) != key)
        fresh = (set(space.revision_keys(NAME)) - set(key)).pop()

        def runs() -> bool:
            pods = space.pods(NAME)
            return set(pods) == group_names(NAME, 1, SIZE) and all(
                p.status.phase == "Running" and fresh in p.metadata.labels.values()
                for p in pods.values())
        wait_until("the mended group runs", runs, timeout=120)
        took = time.monotonic() - began
    return (incarnations(changes, f"{NAME}-0"), recreations,
            longest_beside_restarted(changes, NAME, 0), took)


def judge(options: argparse.Namespace, recreations: int, crashes: int, beside: float,
          took: float) -> list[str]:
    wrong = []
    if options.without_backoff:
        if recreations != crashes:
            wrong.append(f"{crashes} groups failed, {recreations} were recreated")
    elif options.seconds == 180 and not LEAST_RECREATIONS <= recreations <= MOST_RECREATIONS:
        wrong.append(f"{recreations} recreations in 3 minutes")
    if beside > BESIDE:
        wrong.append(f"a restarted container beside others for {beside:.1f} s")
    if took > MENDED_WITHIN:
        wrong.append(f"the mended template took {took:.1f} s")
    return wrong


def measure(arguments: list[str]) -> int:
    options = parse(arguments)
    with backoff_off() if options.without_backoff else contextlib.nullcontext():
        space = Namespace.create(Cluster(), "crash-loop")
        try:
            lives, recreations, beside, took = follow(space, options.seconds)
        finally:
            space.delete()
    began = lives[0].created
    print(f"a worker that ends after a second, {options.seconds} s, "
          f"{'without' if options.without_backoff else 'with'} backoff")
    print(f"{'leader':>8} {'made at s':>10} {'workers after s':>16}")
    for number, life in enumerate(lives):
        waited = "not yet" if life.waited is None else f"{life.waited:.0f}"
        print(f"{number:8} {(life.created - began).total_seconds():10.0f} {waited:>16}")
    print(f"recreations: {recreations}; a restarted container beside others for at most {beside:.2f} s; "
          f"Running {took:.1f} s after the mended template was applied")
    # Each life that had workers failed, but perhaps the last.
    crashes = recreations if len(lives) - 1 <= recreations <= len(lives) else len(lives) - 1
    wrong = judge(options, recreations, crashes, beside, took)
    for line in wrong:
        print(f"wrong: {line}")
    return 1 if wrong else 0
